'use client'
// One more destination that is expected, for whom and why. The server checks it and says what is wrong; the link may fill it in.
import { ListPlus } from 'lucide-react'
import { parseAsString, parseAsStringLiteral, useQueryStates } from 'nuqs'
import { type FormEvent, useState } from 'react'
import { AllowlistView, AllowScope } from '../../server/protocol/destination-view.ts'
import { type ApiProblem, apiCall } from '../settings/api-call.ts'
import { Field, inputClass, ProblemLine } from '../settings/section.tsx'
import { Button } from '../ui/button.tsx'
import { portsOf } from './destination-url.ts'

const filledIn = {
  to: parseAsString.withDefault(''),
  ports: parseAsString.withDefault(''),
  scope: parseAsStringLiteral(AllowScope.options).withDefault('taskSet'),
  name: parseAsString.withDefault(''),
}
const scopeWords = { taskSet: 'a task set', run: 'a training run', all: 'all sessions' } as const

export function AllowForm({ base, onChanged }: { base: number; onChanged: () => Promise<void> }) {
  const [form, setForm] = useQueryStates(filledIn, { history: 'replace', scroll: false })
  const [why, setWhy] = useState('')
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<ApiProblem>()
  const [said, setSaid] = useState('')
  const { to, ports, scope, name } = form
  const send = async (event: FormEvent) => {
    event.preventDefault()
    if (busy) return
    setBusy(true)
    setSaid('')
    const body = {
      base,
      scope,
      name: scope === 'all' ? '' : name,
      to: to.trim(),
      ports: portsOf(ports),
      why: why.trim(),
    }
    const answer = await apiCall('POST', '/api/egress/allowlists/entries', AllowlistView, body)
    setProblem(answer.problem)
    if (answer.value) {
      setSaid(`Detection expects ${to.trim()} from now on.`)
      setWhy('')
      await setForm({ to: null, ports: null })
    }
    await onChanged()
    setBusy(false)
  }
  return (
    <form onSubmit={(event) => void send(event)} aria-label="Allow a destination" className="mt-4 max-w-5xl">
      <div className="grid grid-cols-[2fr_1fr_1fr_1fr_2fr] items-start gap-3 max-xl:grid-cols-2 max-md:grid-cols-1">
        <Field label="Destination" hint="Address, network (10.2.0.0/16), host, or .domain">
          {(ties) => (
            <input
              {...ties}
              value={to}
              onChange={({ target }) => void setForm({ to: target.value })}
              maxLength={300}
              spellCheck={false}
              autoComplete="off"
              className={inputClass}
            />
          )}
        </Field>
        <Field label="Ports" hint="443, 8000-8999; empty: all">
          {(ties) => (
            <input
              {...ties}
              value={ports}
              onChange={({ target }) => void setForm({ ports: target.value })}
              maxLength={200}
              autoComplete="off"
              className={inputClass}
            />
          )}
        </Field>
        <Field label="For">
          {(ties) => (
            <select
              {...ties}
              value={scope}
              onChange={({ target }) => void setForm({ scope: AllowScope.parse(target.value) })}
              className={inputClass}
            >
              {(['taskSet', 'run', 'all'] as const).map((each) => (
                <option key={each} value={each}>
                  {scopeWords[each]}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label="Its name" hint="Label taskset, task or run">
          {(ties) => (
            <input
              {...ties}
              value={scope === 'all' ? '' : name}
              disabled={scope === 'all'}
              onChange={({ target }) => void setForm({ name: target.value })}
              maxLength={128}
              autoComplete="off"
              className={inputClass}
            />
          )}
        </Field>
        <Field label="Why" hint="Stands in every flag that this changes">
          {(ties) => (
            <input
              {...ties}
              value={why}
              onChange={({ target }) => setWhy(target.value)}
              maxLength={200}
              autoComplete="off"
              className={inputClass}
            />
          )}
        </Field>
      </div>
      <div className="mt-2 flex flex-wrap items-center gap-3">
        <Button type="submit" size="form" className="max-md:h-11" aria-disabled={busy}>
          <ListPlus aria-hidden /> Expect this destination
        </Button>
        <span role="status" className="text-muted">
          {said}
        </span>
      </div>
      <ProblemLine problem={problem} />
    </form>
  )
}
