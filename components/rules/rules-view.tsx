'use client'
// The room of rules: what detection looks for, how often it was seen, and which files hold something that does not run.
import { ListFilter, RotateCw, SearchX, TriangleAlert } from 'lucide-react'
import { parseAsArrayOf, parseAsString, useQueryStates } from 'nuqs'
import { useRef } from 'react'
import { z } from 'zod'
import { RuleProblemView, RuleView, type RuleProblemView as Wrong } from '../../server/protocol/rule-view.ts'
import { useWatch } from '../live/live-context.tsx'
import { useNow } from '../live/use-now.ts'
import type { ApiProblem } from '../settings/api-call.ts'
import { ProblemLine } from '../settings/section.tsx'
import { useListed } from '../settings/use-listed.ts'
import { useShortcuts } from '../shell/use-shortcuts.ts'
import { Button } from '../ui/button.tsx'
import { classNames } from '../ui/class-names.ts'
import { countText, plural } from '../ui/format-quantity.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { KeyCap } from '../ui/key-cap.tsx'
import { Notice } from '../ui/notice.tsx'
import { RuleLine, ruleColumns } from './rule-line.tsx'
import { inOrder, placeText, ruleMatches, summaryText } from './rule-words.ts'

const Rules = z.object({ rules: z.array(RuleView), problems: z.array(RuleProblemView) })
const againMs = 5_000
const problemsShown = 50

const heads = ['Rule', 'Severity', 'Behaviour', 'ATT&CK', 'Fired', 'Newest']

export function RulesView() {
  // The banner and the pill live on the same socket as everything else.
  useWatch({ view: 'live' })
  const { value, problem, again } = useListed('/api/rules', Rules, true, againMs)
  if (!value) return <NothingYet problem={problem} again={again} />
  return (
    <div className="relative min-h-0 flex-1 overflow-y-auto">
      <Problem problem={problem} again={again} />
      <Problems problems={value.problems} />
      <RuleList rules={value.rules} />
    </div>
  )
}

function NothingYet({ problem, again }: { problem: ApiProblem | undefined; again: () => Promise<void> }) {
  if (problem) return <Problem problem={problem} again={again} />
  return (
    <p role="status" className="px-4 py-6 text-muted">
      Asking which rules run
    </p>
  )
}

function Problem({ problem, again }: { problem: ApiProblem | undefined; again: () => Promise<void> }) {
  if (!problem) return null
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-2 px-4 pt-2 pb-3 max-md:px-3">
      <div className="min-w-0 flex-1 basis-72">
        <ProblemLine problem={problem} />
      </div>
      <Button className="mt-2 max-md:h-11" onClick={() => void again()}>
        <RotateCw aria-hidden /> Try again
      </Button>
    </div>
  )
}

/** Above everything: a rule that does not run is a hole that somebody thinks is covered. */
function Problems({ problems }: { problems: readonly Wrong[] }) {
  if (problems.length === 0) return null
  return (
    <section aria-label="Rules that do not run" className="border-b bg-warn/5 px-4 py-2 max-md:px-3">
      <h2 className="flex items-center gap-1.5 font-medium text-warn">
        <TriangleAlert aria-hidden className="size-3.5" /> {plural(problems.length, 'thing')} in rule files that cannot
        run
      </h2>
      <ul className="mt-1 max-h-48 overflow-y-auto text-sm">
        {problems.slice(0, problemsShown).map((problem) => (
          <li key={`${placeText(problem)} ${problem.message}`} className="py-0.5">
            <HostileText text={placeText(problem)} max={200} className="font-mono" />{' '}
            {problem.rule !== undefined && <HostileText text={`${problem.rule}: `} max={120} />}
            <HostileText text={problem.message} max={400} className="text-muted" />
          </li>
        ))}
        {problems.length > problemsShown && <li className="text-muted">and {problems.length - problemsShown} more</li>}
      </ul>
    </section>
  )
}

function RuleList({ rules }: { rules: readonly RuleView[] }) {
  const now = useNow(1_000)
  const [{ q, open }, setUrl] = useQueryStates(
    { q: parseAsString.withDefault(''), open: parseAsArrayOf(parseAsString).withDefault([]) },
    { history: 'replace', scroll: false },
  )
  const list = useRef<HTMLUListElement>(null)
  const input = useRef<HTMLInputElement>(null)
  const shown = inOrder(rules).filter(ruleMatches(q))
  const toggle = (id: string) =>
    void setUrl((before) => ({
      open: before.open.includes(id) ? before.open.filter((each) => each !== id) : [...before.open, id],
    }))
  const heading = () => [...(list.current?.querySelectorAll<HTMLElement>('[data-rule]') ?? [])]
  const move = (step: number) => {
    const all = heading()
    const at = all.indexOf(document.activeElement as HTMLElement)
    all[at === -1 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step))]?.focus()
  }
  useShortcuts({
    j: () => move(1),
    k: () => move(-1),
    o: () =>
      heading()
        .find((each) => each === document.activeElement)
        ?.click(),
    '/': () => input.current?.focus(),
  })
  return (
    <>
      <div className="flex min-h-10 flex-wrap items-center gap-x-3 gap-y-2 border-b px-4 py-1.5 max-md:px-3">
        <h2 className="sr-only">Rules</h2>
        <span aria-live="polite" className="text-muted">
          {q === '' ? summaryText(rules) : `${countText(shown.length)} of ${summaryText(rules)}`}
        </span>
        <label className="ml-auto flex h-7 w-64 items-center gap-2 rounded-md border bg-panel px-2 text-muted focus-within:border-info max-md:ml-0 max-md:h-9 max-md:w-full">
          <ListFilter aria-hidden className="size-3.5 shrink-0" />
          <span className="sr-only">Filter rules</span>
          <input
            ref={input}
            value={q}
            onChange={(event) => void setUrl({ q: event.target.value === '' ? null : event.target.value })}
            onKeyDown={(event) => {
              if (event.key === 'Enter') event.currentTarget.blur()
              if (event.key !== 'Escape') return
              if (q === '') event.currentTarget.blur()
              else void setUrl({ q: null })
            }}
            placeholder="Filter: title, behaviour, technique…"
            spellCheck={false}
            autoComplete="off"
            className="min-w-0 flex-1 bg-transparent text-sm text-ink outline-none max-md:text-[16px]"
          />
          <span className="max-md:hidden">
            <KeyCap>/</KeyCap>
          </span>
        </label>
      </div>
      <div
        aria-hidden
        className={classNames(ruleColumns, 'h-7 items-center border-b px-4 text-xs text-muted max-lg:hidden')}
      >
        {heads.map((head, index) => (
          <span key={head} className={index === 0 ? 'pl-[22px]' : undefined}>
            {head}
          </span>
        ))}
      </div>
      {shown.length === 0 ? (
        <Notice icon={<SearchX aria-hidden />} title="No rule matches the filter">
          <Button className="mt-1 max-md:h-11" onClick={() => void setUrl({ q: null })}>
            Clear the filter
          </Button>
        </Notice>
      ) : (
        <ul ref={list} aria-label="Rules">
          {shown.map((rule) => (
            <RuleLine
              key={`${rule.document ?? ''} ${rule.id}`}
              rule={rule}
              now={now}
              open={open.includes(rule.id)}
              onToggle={() => toggle(rule.id)}
            />
          ))}
        </ul>
      )}
      <p className="px-4 py-3 text-sm text-muted max-md:px-3">
        Your own Sigma rules: put YAML files in the folder <code className="font-mono">rules</code> of Vigil’s data
        folder and start it again.
      </p>
    </>
  )
}
