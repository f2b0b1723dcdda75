'use client'
// Who may do what: the operators with their roles; inviting, changing and removing them.
import { ShieldCheck, ShieldOff, UserPlus, UserX } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { z } from 'zod'
import { useWhyNotAdmin } from '../containment/use-role.ts'
import { useOperator } from '../shell/operator.tsx'
import { Button } from '../ui/button.tsx'
import { HoldToAct } from '../ui/hold-to-act.tsx'
import { HostileText } from '../ui/hostile-text.tsx'
import { visibleText } from '../ui/visible-text.ts'
import { type ApiProblem, apiCall } from './api-call.ts'
import { Field, inputClass, listClass, ProblemLine, Section } from './section.tsx'
import { ShownOnce } from './shown-once.tsx'
import { useListed } from './use-listed.ts'

const roles = ['viewer', 'responder', 'admin'] as const
const roleMeans: Readonly<Record<(typeof roles)[number], string>> = {
  viewer: 'reads',
  responder: 'contains, releases and decides',
  admin: 'also changes settings, keys and people',
}
const Operator = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  role: z.enum(roles),
  joined: z.boolean(),
  twoFactor: z.boolean(),
})
type Operator = z.infer<typeof Operator>
const Operators = z.object({ operators: z.array(Operator) })
const Invited = z.object({ operator: Operator, setupUrl: z.string() })
type Invited = z.infer<typeof Invited>
const Changed = z.object({ operator: Operator })
const Removed = z.object({ removed: z.string() })
const Reset = z.object({ reset: z.string() })

export function OperatorSettings() {
  const why = useWhyNotAdmin()
  const me = useOperator()
  const { value, problem, again } = useListed('/api/operators', Operators, me?.role === 'admin')
  const [inviting, setInviting] = useState(false)
  const [invited, setInvited] = useState<Invited>()
  return (
    <Section
      title="Operators"
      says={`A viewer ${roleMeans.viewer}, a responder ${roleMeans.responder}, an admin ${roleMeans.admin}. Every change is in the log.`}
      why={why}
    >
      {invited && (
        <ShownOnce
          title={`Link for ${visibleText(invited.operator.email, { max: 120 })}`}
          says="Give it to them yourself. It works once, for 72 hours, and is not shown again: whoever opens it first becomes this operator."
          text={invited.setupUrl}
          onDone={() => setInvited(undefined)}
        />
      )}
      <ProblemLine problem={problem} />
      {value && (
        <ul aria-label="Operators" className={listClass}>
          {value.operators.map((operator) => (
            <Line key={operator.id} operator={operator} self={operator.id === me?.id} onChanged={again} />
          ))}
        </ul>
      )}
      {why !== undefined && me && (
        <p className="rounded-lg border px-4 py-3 text-muted">
          You are <HostileText text={me.name} max={80} className="font-medium text-ink" />, {me.role}. Admins see and
          change the list.
        </p>
      )}
      {why === undefined && value && !inviting && (
        <Button className="mt-3 max-md:h-11" onClick={() => setInviting(true)}>
          <UserPlus aria-hidden /> Invite an operator
        </Button>
      )}
      {inviting && (
        <InviteForm
          onCancel={() => setInviting(false)}
          onInvited={(made) => {
            setInviting(false)
            setInvited(made)
            void again()
          }}
        />
      )}
    </Section>
  )
}

function Line({ operator, self, onChanged }: { operator: Operator; self: boolean; onChanged: () => Promise<void> }) {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<ApiProblem>()
  const path = `/api/operators/${encodeURIComponent(operator.id)}`
  const name = visibleText(operator.name, { max: 80 })
  const change = async (asked: Promise<{ problem?: ApiProblem | undefined }>) => {
    setBusy(true)
    setProblem((await asked).problem)
    await onChanged()
    setBusy(false)
  }
  return (
    <li className="px-4 py-2.5 max-md:px-3">
      <div className="flex flex-wrap items-center gap-x-6 gap-y-2">
        <div className="min-w-0 flex-1 basis-56">
          <p className="flex flex-wrap items-baseline gap-x-2">
            <HostileText text={operator.name} max={100} className="font-medium" />
            {self && <span className="text-sm text-muted">you</span>}
            {operator.twoFactor && (
              <span className="flex items-center gap-1 text-sm text-muted">
                <ShieldCheck aria-hidden className="size-3.5" /> second factor
              </span>
            )}
            {!operator.joined && <span className="text-sm text-warn">invited, has not joined</span>}
          </p>
          <p className="truncate text-sm text-muted">
            <HostileText text={operator.email} max={160} />
          </p>
        </div>
        <span className="flex flex-wrap items-center gap-2 max-md:w-full max-md:[&>*]:flex-1">
          <select
            aria-label={`Role of ${name}`}
            value={operator.role}
            disabled={busy}
            onChange={(event) =>
              void change(apiCall('POST', `${path}/role`, Changed, { role: event.currentTarget.value }))
            }
            className="h-7 rounded-md border border-line-strong bg-raised px-2 text-sm max-md:h-11 max-md:text-[16px]"
          >
            {roles.map((role) => (
              <option key={role} value={role}>
                {role}
              </option>
            ))}
          </select>
          {operator.twoFactor && !self && (
            <HoldToAct
              look="quiet"
              icon={<ShieldOff aria-hidden />}
              busy={busy}
              about={`reset ${path}`}
              label={`Hold to reset second factor of ${name}: signing in takes their password alone, and they are signed out`}
              className="max-md:h-11"
              onHeld={() => void change(apiCall('DELETE', `${path}/two-factor`, Reset))}
            >
              Hold to reset second factor
            </HoldToAct>
          )}
          <HoldToAct
            look="quiet"
            icon={<UserX aria-hidden />}
            busy={busy}
            why={self ? 'You cannot remove yourself: another admin can' : undefined}
            label={`Hold to remove ${name}`}
            className="max-md:h-11"
            onHeld={() => void change(apiCall('DELETE', path, Removed))}
          >
            Hold to remove
          </HoldToAct>
        </span>
      </div>
      <ProblemLine problem={problem} />
    </li>
  )
}

function InviteForm({ onInvited, onCancel }: { onInvited: (made: Invited) => void; onCancel: () => void }) {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<ApiProblem>()
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const text = (name: string) => String(form.get(name) ?? '').trim()
    setBusy(true)
    const body = { name: text('name'), email: text('email'), role: text('role') }
    const answer = await apiCall('POST', '/api/operators', Invited, body)
    setBusy(false)
    setProblem(answer.problem)
    if (answer.value) onInvited(answer.value)
  }
  return (
    <form
      method="post"
      onSubmit={(event) => void submit(event)}
      className="mt-3 grid grid-cols-3 gap-x-4 gap-y-3 rounded-lg border border-line-strong bg-panel p-4 max-md:grid-cols-1"
    >
      <Field label="Name">
        {(ties) => <input {...ties} name="name" required maxLength={100} autoComplete="off" className={inputClass} />}
      </Field>
      <Field label="Email">
        {(ties) => <input {...ties} name="email" type="email" required autoComplete="off" className={inputClass} />}
      </Field>
      <Field label="Role">
        {(ties) => (
          <select {...ties} name="role" defaultValue="responder" className={inputClass}>
            {roles.map((role) => (
              <option key={role} value={role}>
                {role}: {roleMeans[role]}
              </option>
            ))}
          </select>
        )}
      </Field>
      <div className="col-span-full">
        <ProblemLine problem={problem} />
        <div className="mt-1 flex justify-end gap-2 max-md:[&>button]:h-11 max-md:[&>button]:flex-1">
          <Button look="quiet" size="form" onClick={onCancel}>
            Cancel
          </Button>
          <Button type="submit" look="primary" size="form" disabled={busy}>
            {busy ? 'Inviting…' : 'Make the link'}
          </Button>
        </div>
      </div>
    </form>
  )
}
