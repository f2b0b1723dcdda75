'use client'
// Adds an exception: where the rule stays silent, why, and until when. Never for ever: that belongs into the rule.
import { Plus, X } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { ExceptionCondition, RuleDetailView } from '../../server/protocol/rule-view.ts'
import { type ApiProblem, apiCall } from '../settings/api-call.ts'
import { Field, inputClass, ProblemLine } from '../settings/section.tsx'
import { Button } from '../ui/button.tsx'
import { daysChoices, exceptionOf, fieldGroups, howWords, type WrittenCondition } from './exception-words.ts'

const conditionsMax = 8
const otherField = 'other'
const known: ReadonlySet<string> = new Set(fieldGroups.flatMap(({ fields }) => fields))
const fresh = (): WrittenCondition => ({ field: 'run', how: 'equals', value: '' })

type Props = {
  rule: string
  now: number
  /** What stands in it at first. */
  start?: readonly WrittenCondition[] | undefined
  onAdded: (detail: RuleDetailView) => void
  onCancel: () => void
}

export function ExceptionForm({ rule, now, start, onAdded, onCancel }: Props) {
  // Rows have keys of their own: one that is taken away must not give its words to the next.
  const [rows, setRows] = useState(() => (start ?? [fresh()]).map((row, key) => ({ key, ...row })))
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<ApiProblem>()
  const change = (key: number, change: Partial<WrittenCondition>) =>
    setRows((before) => before.map((row) => (row.key === key ? { ...row, ...change } : row)))
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    if (busy) return
    const form = new FormData(event.currentTarget)
    const when = rows.map(({ field, how, value }) => ({ field, how, value }))
    const asked = exceptionOf({ when, why: String(form.get('why') ?? ''), days: Number(form.get('days')) }, now)
    if ('wrong' in asked) return setProblem({ title: 'Not added', detail: asked.wrong })
    setBusy(true)
    const answer = await apiCall(
      'POST',
      `/api/rules/${encodeURIComponent(rule)}/exceptions`,
      RuleDetailView,
      asked.request,
    )
    setBusy(false)
    setProblem(answer.problem)
    if (answer.value) onAdded(answer.value)
  }
  return (
    <form
      method="post"
      noValidate
      aria-label="New exception"
      onSubmit={(event) => void submit(event)}
      className="mt-2 grid gap-3 rounded-lg border border-line-strong bg-panel p-3"
    >
      <fieldset className="min-w-0">
        <legend className="mb-1 text-sm text-muted">Where all of this holds</legend>
        <ul className="grid gap-2">
          {rows.map((row, index) => (
            <li key={row.key}>
              <ConditionRow
                row={row}
                index={index}
                onChange={(changed) => change(row.key, changed)}
                onRemove={
                  rows.length > 1 ? () => setRows((before) => before.filter(({ key }) => key !== row.key)) : undefined
                }
              />
            </li>
          ))}
        </ul>
        {rows.length < conditionsMax && (
          <Button
            look="bare"
            className="mt-1 max-md:h-11"
            onClick={() =>
              setRows((before) => [...before, { key: Math.max(...before.map(({ key }) => key)) + 1, ...fresh() }])
            }
          >
            <Plus aria-hidden /> And
          </Button>
        )}
      </fieldset>
      <Field label="Why">
        {(ties) => <input {...ties} name="why" maxLength={200} autoComplete="off" className={inputClass} />}
      </Field>
      <Field
        label="For how long"
        hint="Then the rule speaks up again. What is meant for ever belongs into the rule’s text."
      >
        {(ties) => (
          <select {...ties} name="days" defaultValue={7} className={inputClass}>
            {daysChoices.map((days) => (
              <option key={days} value={days}>
                {days === 1 ? '1 day' : `${days} days`}
              </option>
            ))}
          </select>
        )}
      </Field>
      <ProblemLine problem={problem} />
      <div className="flex justify-end gap-2 max-md:[&>button]:h-11 max-md:[&>button]:flex-1">
        <Button look="quiet" onClick={onCancel}>
          Cancel
        </Button>
        <Button type="submit" look="primary" aria-disabled={busy}>
          {busy ? 'Adding…' : 'Add the exception'}
        </Button>
      </div>
    </form>
  )
}

type RowProps = {
  row: WrittenCondition
  index: number
  onChange: (change: Partial<WrittenCondition>) => void
  onRemove: (() => void) | undefined
}

function ConditionRow({ row, index, onChange, onRemove }: RowProps) {
  const [typed, setTyped] = useState(!known.has(row.field))
  const which = `of condition ${index + 1}`
  return (
    <div
      className={`grid gap-1.5 ${onRemove ? 'grid-cols-[minmax(0,1fr)_minmax(0,1fr)_auto]' : 'grid-cols-[minmax(0,1fr)_minmax(0,1fr)]'}`}
    >
      <select
        aria-label={`Field ${which}`}
        value={typed ? otherField : row.field}
        onChange={(event) => {
          const { value } = event.currentTarget
          setTyped(value === otherField)
          onChange({ field: value === otherField ? '' : value })
        }}
        className={inputClass}
      >
        {fieldGroups.map(({ name, fields }) => (
          <optgroup key={name} label={name}>
            {fields.map((field) => (
              <option key={field} value={field}>
                {field}
              </option>
            ))}
          </optgroup>
        ))}
        <option value={otherField}>another field…</option>
      </select>
      <select
        aria-label={`How ${which}`}
        value={row.how}
        onChange={(event) => onChange({ how: ExceptionCondition.shape.how.parse(event.currentTarget.value) })}
        className={inputClass}
      >
        {ExceptionCondition.shape.how.options.map((how) => (
          <option key={how} value={how}>
            {howWords[how]}
          </option>
        ))}
      </select>
      {onRemove && (
        <Button
          look="bare"
          aria-label={`Take away condition ${index + 1}`}
          className="h-9 max-md:h-11"
          onClick={onRemove}
        >
          <X aria-hidden />
        </Button>
      )}
      {typed && (
        <input
          aria-label={`Name of the field ${which}`}
          value={row.field}
          onChange={(event) => onChange({ field: event.currentTarget.value })}
          placeholder="Sigma’s name, such as OriginalFileName"
          maxLength={64}
          autoComplete="off"
          spellCheck={false}
          className={`${inputClass} col-span-2 font-mono`}
        />
      )}
      <input
        aria-label={`Value ${which}`}
        value={row.value}
        onChange={(event) => onChange({ value: event.currentTarget.value })}
        placeholder={row.how === 'cidr' ? '10.2.0.0/16' : 'value'}
        maxLength={512}
        autoComplete="off"
        spellCheck={false}
        className={`${inputClass} col-span-2 font-mono`}
      />
    </div>
  )
}
