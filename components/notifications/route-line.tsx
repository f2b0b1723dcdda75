'use client'
// One route: where it leads, what it is told of, a test with its real outcome, on and off.
import { CircleAlert, CircleCheck, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { z } from 'zod'
import { NotificationRouteView, NotificationTested } from '../../server/protocol/notification-view.ts'
import { type ApiProblem, apiCall } from '../settings/api-call.ts'
import { ProblemLine } from '../settings/section.tsx'
import { Button } from '../ui/button.tsx'
import { HoldToAct } from '../ui/hold-to-act.tsx'
import { HostileText } from '../ui/hostile-text.tsx'
import { visibleText } from '../ui/visible-text.ts'
import { CoverageForm } from './coverage-form.tsx'
import { coversText, kindName } from './notification-words.ts'

const Changed = z.object({ route: NotificationRouteView })
const Removed = z.object({ removed: z.string() })

type Props = { route: NotificationRouteView; onChanged: () => Promise<void> }

export function RouteLine({ route, onChanged }: Props) {
  const [busy, setBusy] = useState<'test' | 'change'>()
  const [editing, setEditing] = useState(false)
  const [tested, setTested] = useState<NotificationTested>()
  const [problem, setProblem] = useState<ApiProblem>()
  const path = `/api/notification-routes/${encodeURIComponent(route.id)}`
  const name = visibleText(route.name, { max: 80 })
  const test = async () => {
    if (busy) return
    setBusy('test')
    setTested(undefined)
    const answer = await apiCall('POST', `${path}/test`, NotificationTested)
    setBusy(undefined)
    setProblem(answer.problem)
    setTested(answer.value)
  }
  const change = async (asked: Promise<{ problem?: ApiProblem | undefined }>) => {
    setBusy('change')
    const { problem: refused } = await asked
    setProblem(refused)
    await onChanged()
    setBusy(undefined)
    return refused === undefined
  }
  const turn = () => change(apiCall('POST', path, Changed, { isEnabled: !route.isEnabled }))
  return (
    <li className="px-4 py-3 max-md:px-3">
      <div className="flex flex-wrap items-center gap-x-6 gap-y-2">
        <div className="min-w-0 flex-1 basis-72">
          <p className="flex flex-wrap items-baseline gap-x-2">
            <HostileText text={route.name} max={100} className="font-medium" />
            <span className="text-sm text-muted">{kindName[route.kind]}</span>
            {!route.isEnabled && <span className="text-sm text-warn">turned off</span>}
          </p>
          <p className="truncate font-mono text-sm text-muted">
            <HostileText text={route.leadsTo} max={300} />
          </p>
          <p className="text-pretty text-sm text-muted">{coversText(route)}</p>
        </div>
        <span className="flex flex-wrap gap-2 max-md:w-full max-md:[&>button]:h-11 max-md:[&>button]:flex-1">
          <Button aria-label={`Send a test to ${name}`} aria-disabled={busy !== undefined} onClick={() => void test()}>
            {busy === 'test' ? 'Sending…' : 'Send a test'}
          </Button>
          <Button
            aria-label={`Edit ${name}`}
            aria-expanded={editing}
            onClick={() => setEditing((now) => !now)}
            look="quiet"
          >
            Edit
          </Button>
          <Button
            aria-label={`${route.isEnabled ? 'Turn off' : 'Turn on'} ${name}`}
            disabled={busy !== undefined}
            look="quiet"
            onClick={() => void turn()}
          >
            {route.isEnabled ? 'Turn off' : 'Turn on'}
          </Button>
          <HoldToAct
            look="quiet"
            icon={<Trash2 aria-hidden />}
            busy={busy !== undefined}
            label={`Hold to remove ${name}`}
            onHeld={() => void change(apiCall('DELETE', path, Removed))}
          >
            Hold to remove
          </HoldToAct>
        </span>
      </div>
      <div role="status">{tested && <TestAnswer tested={tested} />}</div>
      <ProblemLine problem={problem} />
      {editing && (
        <CoverageForm
          route={route}
          busy={busy !== undefined}
          onCancel={() => setEditing(false)}
          onSave={(wanted) =>
            void change(apiCall('POST', path, Changed, wanted)).then((isSaved) => isSaved && setEditing(false))
          }
        />
      )}
    </li>
  )
}

function TestAnswer({ tested: { ok, detail, tookMs } }: { tested: NotificationTested }) {
  const Icon = ok ? CircleCheck : CircleAlert
  return (
    <p className="mt-2 flex items-start gap-1.5 text-sm">
      <Icon aria-hidden className={`mt-px size-3.5 shrink-0 ${ok ? 'text-ok' : 'text-critical'}`} />
      <span className="min-w-0 break-words">
        <span className={ok ? 'text-ok' : 'text-critical'}>{ok ? 'Taken' : 'Not taken'}</span> in {tookMs} ms:{' '}
        <HostileText text={detail} max={300} />
        {ok && <span className="text-muted"> (whether a person saw it only they can say)</span>}
      </span>
    </p>
  )
}
