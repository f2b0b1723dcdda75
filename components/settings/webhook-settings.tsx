'use client'
// Where else something is enforced: a credential vault, a sandbox provider. Added, tried out and removed here.
import { CircleAlert, CircleCheck, Trash2, Webhook as WebhookIcon } from 'lucide-react'
import { useState } from 'react'
import { z } from 'zod'
import { useWhyNotAdmin } from '../containment/use-role.ts'
import { useOperator } from '../shell/operator.tsx'
import { Button } from '../ui/button.tsx'
import { HoldToAct } from '../ui/hold-to-act.tsx'
import { HostileText } from '../ui/hostile-text.tsx'
import { visibleText } from '../ui/visible-text.ts'
import { type ApiProblem, apiCall } from './api-call.ts'
import { listClass, ProblemLine, Section } from './section.tsx'
import { ShownOnce } from './shown-once.tsx'
import { useListed } from './use-listed.ts'
import { Webhook, type WebhookAdded } from './webhook.ts'
import { WebhookForm } from './webhook-form.tsx'

const Webhooks = z.object({ webhooks: z.array(Webhook) })
const Removed = z.object({ removed: z.string() })
const Tested = z.object({
  answered: z.boolean(),
  status: z.number().optional(),
  body: z.string().optional(),
  detail: z.string(),
  tookMs: z.number(),
})

export function WebhookSettings() {
  const why = useWhyNotAdmin()
  const operator = useOperator()
  const { value, problem, again } = useListed('/api/webhooks', Webhooks, operator?.role === 'admin')
  const [adding, setAdding] = useState(false)
  const [added, setAdded] = useState<WebhookAdded>()
  return (
    <Section
      title="Webhooks"
      says="Other places that can enforce: they are asked with a signed request whenever one of their capabilities is to be taken away or given back. Only what they can be read by counts as enforced; an answer alone is best effort."
      why={why}
    >
      {added && (
        <ShownOnce
          title={`Signing secret of ${visibleText(added.webhook.name, { max: 80 })}`}
          says="Put it into the receiver now. It is not shown again; whoever has it can speak for Vigil."
          text={added.secret}
          onDone={() => setAdded(undefined)}
        />
      )}
      <ProblemLine problem={problem} />
      {value && value.webhooks.length > 0 && (
        <ul aria-label="Webhooks" className={listClass}>
          {value.webhooks.map((webhook) => (
            <Line key={webhook.id} webhook={webhook} onRemoved={again} />
          ))}
        </ul>
      )}
      {value && value.webhooks.length === 0 && !adding && (
        <p className="rounded-lg border px-4 py-4 text-muted">
          None yet: only the hosts’ own kernels and the gate enforce, as each session’s page says.
        </p>
      )}
      {why === undefined && value && !adding && (
        <Button className="mt-3 max-md:h-11" onClick={() => setAdding(true)}>
          <WebhookIcon aria-hidden /> Add a webhook
        </Button>
      )}
      {adding && (
        <WebhookForm
          onCancel={() => setAdding(false)}
          onAdded={(made) => {
            setAdding(false)
            setAdded(made)
            void again()
          }}
        />
      )}
    </Section>
  )
}

function Line({ webhook, onRemoved }: { webhook: Webhook; onRemoved: () => Promise<void> }) {
  const [busy, setBusy] = useState<'test' | 'remove'>()
  const [tested, setTested] = useState<z.infer<typeof Tested>>()
  const [problem, setProblem] = useState<ApiProblem>()
  const path = `/api/webhooks/${encodeURIComponent(webhook.id)}`
  const name = visibleText(webhook.name, { max: 80 })
  const test = async () => {
    if (busy) return
    setBusy('test')
    setTested(undefined)
    const answer = await apiCall('POST', `${path}/test`, Tested)
    setBusy(undefined)
    setProblem(answer.problem)
    setTested(answer.value)
  }
  const remove = async () => {
    setBusy('remove')
    const answer = await apiCall('DELETE', path, Removed)
    setBusy(undefined)
    setProblem(answer.problem)
    if (answer.value) await onRemoved()
  }
  return (
    <li className="px-4 py-3 max-md:px-3">
      <div className="flex flex-wrap items-center gap-x-6 gap-y-2">
        <div className="min-w-0 flex-1 basis-72">
          <p className="flex flex-wrap items-baseline gap-x-2">
            <HostileText text={webhook.name} max={100} className="font-medium" />
            <span className="text-sm text-muted">{webhook.capabilities.join(', ')}</span>
          </p>
          <p className="truncate font-mono text-sm text-muted">
            <HostileText text={webhook.url} max={300} />
          </p>
          <p className="text-sm text-muted">
            {webhook.verifyUrl === undefined ? (
              <span className="text-warn">No address to read the effect at: best effort, never enforced</span>
            ) : (
              <>
                read at <HostileText text={webhook.verifyUrl} max={300} className="font-mono" />
              </>
            )}
          </p>
        </div>
        <span className="flex flex-wrap gap-2 max-md:w-full max-md:[&>button]:h-11 max-md:[&>button]:flex-1">
          <Button aria-label={`Test ${name}`} aria-disabled={busy !== undefined} onClick={() => void test()}>
            {busy === 'test' ? 'Testing…' : 'Test'}
          </Button>
          <HoldToAct
            look="quiet"
            icon={<Trash2 aria-hidden />}
            busy={busy !== undefined}
            label={`Hold to remove ${name}`}
            onHeld={() => void remove()}
          >
            Hold to remove
          </HoldToAct>
        </span>
      </div>
      <div role="status">{tested && <TestAnswer tested={tested} />}</div>
      <ProblemLine problem={problem} />
    </li>
  )
}

function TestAnswer({ tested }: { tested: z.infer<typeof Tested> }) {
  const { answered, status, body, detail, tookMs } = tested
  const good = answered && status !== undefined && status >= 200 && status < 300
  return (
    <p className="mt-2 flex items-start gap-1.5 text-sm">
      {good ? (
        <CircleCheck aria-hidden className="mt-px size-3.5 shrink-0 text-ok" />
      ) : (
        <CircleAlert aria-hidden className="mt-px size-3.5 shrink-0 text-critical" />
      )}
      <span className="min-w-0 break-words">
        <span className={good ? 'text-ok' : 'text-critical'}>
          {answered ? `Answered ${status ?? ''}` : 'No answer'}
        </span>{' '}
        in {tookMs} ms: <HostileText text={detail} max={300} />
        {body && (
          <>
            {' '}
            <q>
              <HostileText text={body} max={200} className="font-mono" />
            </q>
          </>
        )}
      </span>
    </p>
  )
}
