'use client'
// Adds a route: through what, where to, and what it is told of.
import { type FormEvent, useState } from 'react'
import { z } from 'zod'
import { NotificationKind, NotificationRouteView } from '../../server/protocol/notification-view.ts'
import { type ApiProblem, apiCall } from '../settings/api-call.ts'
import { Field, inputClass, ProblemLine } from '../settings/section.tsx'
import { Button } from '../ui/button.tsx'
import { CoverageFields, coverageOf, wholeCoverage } from './coverage-fields.tsx'
import { kindName } from './notification-words.ts'
import { TargetFields, targetOf } from './target-fields.tsx'

const Added = z.object({ route: NotificationRouteView, secret: z.string().optional() })
type Props = { onAdded: (made: z.infer<typeof Added>) => void; onCancel: () => void }

export function RouteForm({ onAdded, onCancel }: Props) {
  const [kind, setKind] = useState<NotificationKind>('slack')
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<ApiProblem>()
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    setBusy(true)
    const answer = await apiCall('POST', '/api/notification-routes', Added, {
      name: String(form.get('name') ?? '').trim(),
      target: targetOf(kind, form),
      ...coverageOf(form),
    })
    setBusy(false)
    setProblem(answer.problem)
    if (answer.value) onAdded(answer.value)
  }
  return (
    <form
      method="post"
      aria-label="New route"
      onSubmit={(event) => void submit(event)}
      className="mt-3 grid grid-cols-2 gap-x-4 gap-y-3 rounded-lg border border-line-strong bg-panel p-4 max-md:grid-cols-1"
    >
      <Field label="Through">
        {(ties) => (
          <select
            {...ties}
            value={kind}
            onChange={(event) => setKind(NotificationKind.parse(event.currentTarget.value))}
            className={inputClass}
          >
            {NotificationKind.options.map((each) => (
              <option key={each} value={each}>
                {kindName[each]}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label="Name">
        {(ties) => (
          <input
            {...ties}
            name="name"
            required
            maxLength={100}
            autoComplete="off"
            placeholder="on-call"
            className={inputClass}
          />
        )}
      </Field>
      <TargetFields kind={kind} />
      <CoverageFields now={wholeCoverage} />
      <div className="col-span-full">
        <ProblemLine problem={problem} />
        <div className="mt-1 flex justify-end gap-2 max-md:[&>button]:h-11 max-md:[&>button]:flex-1">
          <Button look="quiet" size="form" onClick={onCancel}>
            Cancel
          </Button>
          <Button type="submit" look="primary" size="form" disabled={busy}>
            {busy ? 'Adding…' : 'Add the route'}
          </Button>
        </div>
      </div>
    </form>
  )
}
