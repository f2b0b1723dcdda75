'use client'
// Whether the rule runs, and what it may do by itself. An admin changes it; everybody sees it.
import { CircleCheck, CirclePause, CircleSlash } from 'lucide-react'
import { useId, useState } from 'react'
import { AutomaticResponse, RuleDetailView, type RuleView } from '../../server/protocol/rule-view.ts'
import { type ApiProblem, apiCall } from '../settings/api-call.ts'
import { Field, inputClass, ProblemLine } from '../settings/section.tsx'
import { Button } from '../ui/button.tsx'
import { plural } from '../ui/format-quantity.ts'
import { HoldToAct } from '../ui/hold-to-act.tsx'
import { actionWords, automaticSentence, minutesChoices } from './automatic-words.ts'

type Props = {
  rule: RuleView
  /** Why this operator cannot change it. */
  why: string | undefined
  onChanged: (detail: RuleDetailView) => void
}

function useSettings({ rule, onChanged }: Props) {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<ApiProblem>()
  const set = async (body: object): Promise<boolean> => {
    setBusy(true)
    const path = `/api/rules/${encodeURIComponent(rule.id)}/settings`
    const answer = await apiCall('PUT', path, RuleDetailView, body)
    setBusy(false)
    setProblem(answer.problem)
    if (answer.value) onChanged(answer.value)
    return answer.value !== undefined
  }
  return { busy, problem, set }
}

export function RuleSwitch(props: Props) {
  const { rule, why } = props
  const { busy, problem, set } = useSettings(props)
  return (
    <section aria-labelledby="rule-switch" className="border-b px-4 py-3 max-md:px-3">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h2 id="rule-switch" className="flex items-center gap-1.5 font-medium">
          {rule.isEnabled ? (
            <>
              <CircleCheck aria-hidden className="size-3.5 text-ok" /> On
            </>
          ) : (
            <>
              <CircleSlash aria-hidden className="size-3.5 text-warn" /> Off
            </>
          )}
        </h2>
        {why === undefined && (
          <Button
            className="max-md:h-11"
            aria-disabled={busy}
            onClick={() => !busy && void set({ isEnabled: !rule.isEnabled })}
          >
            {rule.isEnabled ? 'Turn off' : 'Turn on'}
          </Button>
        )}
      </div>
      <p className="mt-1 text-pretty text-sm text-muted">
        {rule.isEnabled
          ? 'Turned off it raises no flag anywhere, until somebody turns it on again. Where only some sessions are in the way, an exception is narrower.'
          : 'It raises no flag, whatever comes in. What was raised before stays.'}
      </p>
      <ProblemLine problem={problem} />
    </section>
  )
}

export function AutomaticSettings(props: Props) {
  const { rule, why } = props
  const { busy, problem, set } = useSettings(props)
  const [changing, setChanging] = useState(false)
  return (
    <section aria-labelledby="rule-automatic" className="border-b px-4 py-3 max-md:px-3">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h2 id="rule-automatic" className="flex items-center gap-1.5 font-medium">
          {rule.automatic && <CirclePause aria-hidden className="size-3.5 text-frozen" />}
          Automatic response: {rule.automatic ? 'on' : 'off'}
        </h2>
        {why === undefined && !changing && (
          <span className="flex gap-2">
            {rule.automatic && (
              <Button
                className="max-md:h-11"
                aria-disabled={busy}
                onClick={() => !busy && void set({ automatic: null })}
              >
                Turn it off
              </Button>
            )}
            <Button className="max-md:h-11" onClick={() => setChanging(true)}>
              {rule.automatic ? 'Change…' : 'Set up…'}
            </Button>
          </span>
        )}
      </div>
      <p className="mt-1 text-pretty text-sm text-muted">
        {rule.automatic ? automaticSentence(rule.automatic) : 'It raises a flag and leaves acting to a person.'}
      </p>
      <ProblemLine problem={problem} />
      {changing && (
        <AutomaticForm
          rule={rule}
          busy={busy}
          onCancel={() => setChanging(false)}
          onSet={async (automatic) => {
            if (await set({ automatic })) setChanging(false)
          }}
        />
      )}
    </section>
  )
}

type FormProps = {
  rule: RuleView
  busy: boolean
  onCancel: () => void
  onSet: (automatic: AutomaticResponse) => Promise<void>
}

/** First what it would do, then a button that is held down: nobody makes a rule act with one click. */
function AutomaticForm({ rule, busy, onCancel, onSet }: FormProps) {
  const [action, setAction] = useState<AutomaticResponse['action']>(rule.automatic?.action ?? 'pause')
  const [minutes, setMinutes] = useState(rule.automatic?.minutes ?? 15)
  const id = useId()
  const asked = AutomaticResponse.safeParse({ action, minutes })
  return (
    <div className="mt-2 rounded-lg border border-line-strong bg-panel p-3">
      <fieldset>
        <legend className="mb-1 text-sm text-muted">What it does to the session</legend>
        {AutomaticResponse.shape.action.options.map((option) => (
          <label key={option} className="flex min-h-7 items-center gap-2 max-md:min-h-11">
            <input
              type="radio"
              name={id}
              checked={action === option}
              onChange={() => setAction(option)}
              className="size-3.5 accent-info"
            />
            {actionWords[option]}
          </label>
        ))}
      </fieldset>
      <div className="mt-2">
        <Field label="For how many minutes" hint="1 to 1,440. It lapses by itself.">
          {(ties) => (
            <>
              <input
                {...ties}
                type="number"
                min={1}
                max={1_440}
                value={Number.isNaN(minutes) ? '' : minutes}
                list={`${id}-minutes`}
                onChange={(event) => setMinutes(event.target.valueAsNumber)}
                className={inputClass}
              />
              <datalist id={`${id}-minutes`}>
                {minutesChoices.map((each) => (
                  <option key={each} value={each} />
                ))}
              </datalist>
            </>
          )}
        </Field>
      </div>
      {asked.success && (
        <p className="mt-2 text-pretty text-sm" role="status">
          {automaticSentence(asked.data)} In the last 7 days it fired in {plural(rule.sessions, 'session')}.
        </p>
      )}
      <div className="mt-3 flex flex-wrap justify-end gap-2 max-md:[&>button]:h-11 max-md:[&>button]:flex-1">
        <Button look="quiet" onClick={onCancel}>
          Cancel
        </Button>
        <HoldToAct
          look="frozen"
          busy={busy}
          why={asked.success ? undefined : 'Give 1 to 1,440 minutes'}
          about={`${rule.id} ${action} ${minutes}`}
          onHeld={() => asked.success && void onSet(asked.data)}
        >
          Hold to let it act
        </HoldToAct>
      </div>
    </div>
  )
}
