'use client'
// The room of rules: what detection looks for, how often it was seen and was right, what somebody changed, and which texts do not run.
import { CircleCheck, FilePlus2, SearchX, ShieldQuestion, SlidersHorizontal, TriangleAlert } from 'lucide-react'
import Link from 'next/link'
import { parseAsString, parseAsStringLiteral, useQueryStates } from 'nuqs'
import { useRef, useState } from 'react'
import {
  contextDocument,
  policyDocument,
  RuleListView,
  type RuleProblemView,
  type RuleView,
} from '../../server/protocol/rule-view.ts'
import { useWhyNotAdmin } from '../containment/use-role.ts'
import { useWatch } from '../live/live-context.tsx'
import { useNow } from '../live/use-now.ts'
import { AskAgain, NothingYet } from '../settings/asked.tsx'
import { useListed } from '../settings/use-listed.ts'
import { useRowKeys } from '../shell/use-row-keys.ts'
import { Button } from '../ui/button.tsx'
import { FilterChips } from '../ui/filter-chips.tsx'
import { FilterField } from '../ui/filter-field.tsx'
import { countText, plural } from '../ui/format-quantity.ts'
import { LinkButton } from '../ui/link-button.tsx'
import { Notice } from '../ui/notice.tsx'
import { RowHeads } from '../ui/row-cell.tsx'
import { ProblemList } from './problem-list.tsx'
import { RuleLine, ruleColumns } from './rule-line.tsx'
import { editPath } from './rule-path.ts'
import { inOrder, inSteadyOrder, isShown, ruleMatches, type Show, shows, showWords, summaryText } from './rule-words.ts'

const againMs = 5_000
const heads = ['Rule', 'Severity', 'Behaviour', 'Fired, 7 days', 'Precision', 'Changed', 'Newest']

export function RulesView() {
  // The banner and the pill live on the same socket as everything else.
  useWatch({ view: 'live' })
  const { value, problem, again } = useListed('/api/rules', RuleListView, true, againMs)
  if (!value) return <NothingYet what="which rules run" problem={problem} again={again} />
  return (
    <div className="relative min-h-0 flex-1 overflow-y-auto">
      <AskAgain problem={problem} again={again} />
      <RuleList rules={value.rules} problems={value.problems} />
    </div>
  )
}

function RuleList({ rules, problems }: { rules: readonly RuleView[]; problems: readonly RuleProblemView[] }) {
  const now = useNow(1_000)
  const [{ q, show }, setUrl] = useQueryStates(
    { q: parseAsString.withDefault(''), show: parseAsStringLiteral(shows).withDefault('all') },
    { history: 'replace', scroll: false },
  )
  const list = useRef<HTMLUListElement>(null)
  const input = useRef<HTMLInputElement>(null)
  // In use: the pointer is over the rows or one of them has the focus.
  const [inUse, setInUse] = useState(false)
  const order = useRef<readonly string[]>([])
  const ordered = inUse ? inSteadyOrder(rules, order.current) : inOrder(rules)
  order.current = ordered.map(({ id }) => id)
  const found = ordered.filter(ruleMatches(q))
  const shown = found.filter((rule) => isShown(rule, show))
  useRowKeys({ list, filter: input })
  const chips = shows.map((value) => ({
    value,
    word: showWords[value],
    ...(value === 'all'
      ? { isAll: true }
      : { count: value === 'problems' ? problems.length : found.filter((rule) => isShown(rule, value)).length }),
  }))
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2 border-b px-4 py-1.5 max-md:px-3">
        <h2 className="sr-only">Rules</h2>
        <FilterChips
          label="Which rules"
          chips={chips}
          on={[show]}
          onToggle={(value) => void setUrl({ show: value === show || value === 'all' ? null : value })}
          className="max-md:order-2 max-md:w-full"
        />
        <FilterField
          of="rules"
          value={q}
          onChange={(next) => void setUrl({ q: next === '' ? null : next })}
          hint="title, behaviour, technique"
          input={input}
          className="max-md:order-1"
        />
        <Deeds />
      </div>
      <p aria-live="polite" className="border-b px-4 py-1.5 text-sm text-muted max-md:px-3">
        {show === 'problems'
          ? `${plural(problems.length, 'problem')} in rule texts`
          : shown.length === rules.length
            ? summaryText(rules)
            : `${countText(shown.length)} of ${summaryText(rules)}`}
      </p>
      {show !== 'problems' && <Problems problems={problems} />}
      {show === 'problems' ? (
        <div className="px-4 py-2 max-md:px-3">
          {problems.length === 0 ? (
            <Notice icon={<CircleCheck aria-hidden />} title="Every text is understood">
              <p>A rule that cannot run would stand here with its line.</p>
            </Notice>
          ) : (
            <ProblemList problems={problems} />
          )}
        </div>
      ) : shown.length === 0 ? (
        <NoRules show={show} q={q} onClear={() => void setUrl({ q: null, show: null })} />
      ) : (
        <>
          <RowHeads heads={heads} columns={ruleColumns} className="sticky top-0 z-10 bg-canvas [&>:first-child]:pl-0" />
          <ul
            ref={list}
            aria-label="Rules"
            onPointerEnter={() => setInUse(true)}
            onPointerLeave={() => setInUse(false)}
            onFocus={() => setInUse(true)}
            onBlur={(event) => !event.currentTarget.contains(event.relatedTarget) && setInUse(false)}
          >
            {shown.map((rule) => (
              <RuleLine key={rule.id} rule={rule} now={now} />
            ))}
          </ul>
        </>
      )}
    </>
  )
}

/** A viewer may open what is allowed and protected too: it is only read then. */
function Deeds() {
  const why = useWhyNotAdmin()
  return (
    <span className="flex gap-2 max-md:order-3 max-md:w-full max-md:[&>*]:flex-1">
      <LinkButton href={editPath(contextDocument)} title="What you allow, protect and own">
        <SlidersHorizontal aria-hidden /> Context
      </LinkButton>
      <LinkButton href={editPath(policyDocument)} title="Which actions run, wait for a person, or are refused">
        <ShieldQuestion aria-hidden /> Policy
      </LinkButton>
      {why === undefined && (
        <LinkButton href={editPath()}>
          <FilePlus2 aria-hidden /> New rule
        </LinkButton>
      )}
    </span>
  )
}

/** Above everything: a rule that does not run is a hole that somebody thinks is covered. */
function Problems({ problems }: { problems: readonly RuleProblemView[] }) {
  const broken = problems.filter(({ construct }) => construct === undefined)
  if (broken.length === 0) return null
  return (
    <section aria-label="Rules that do not run" className="border-b bg-warn/5 px-4 py-2 max-md:px-3">
      <h2 className="mb-1 flex items-center gap-1.5 font-medium text-warn">
        <TriangleAlert aria-hidden className="size-3.5" /> {plural(broken.length, 'thing')} in rule texts that cannot
        run
      </h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
      <div tabIndex={0} className="max-h-40 overflow-y-auto">
        <ProblemList problems={broken} />
      </div>
    </section>
  )
}

const emptyBecause: Readonly<Partial<Record<Show, string>>> = {
  fired: 'No rule has fired in seven days. They go on looking.',
  limited: 'Every rule is on, and none has an exception.',
  automatic: 'No rule acts by itself. Each one’s page can turn that on.',
  edited: 'No text was written or changed in the console.',
}

function NoRules({ show, q, onClear }: { show: Show; q: string; onClear: () => void }) {
  return (
    <Notice icon={<SearchX aria-hidden />} title={q === '' ? 'No such rule' : 'No rule matches the filter'}>
      {q === '' && <p>{emptyBecause[show]}</p>}
      <Button className="mt-2 max-md:h-11" onClick={onClear}>
        Show all rules
      </Button>
      <p className="mt-3">
        Your own Sigma rules: press New rule, or put YAML files in the folder <code className="font-mono">rules</code>{' '}
        of Vigil’s data folder. What is allowed and protected stands in{' '}
        <Link href={editPath(contextDocument)} className="text-info underline underline-offset-2">
          the context
        </Link>
        .
      </p>
    </Notice>
  )
}
