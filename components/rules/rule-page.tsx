'use client'
// One rule: what it says and why, what it said lately and how often that was right, and what somebody set about it.
import { PencilLine, SearchX } from 'lucide-react'
import Link from 'next/link'
import { parseAsInteger, parseAsString, useQueryStates } from 'nuqs'
import { useState } from 'react'
import { RuleDetailView, type RuleView } from '../../server/protocol/rule-view.ts'
import { useWhyNotAdmin } from '../containment/use-role.ts'
import { useWatch } from '../live/live-context.tsx'
import { useNow } from '../live/use-now.ts'
import { AskAgain, NothingYet } from '../settings/asked.tsx'
import { useListed } from '../settings/use-listed.ts'
import { Fact } from '../ui/fact-list.tsx'
import { plural } from '../ui/format-quantity.ts'
import { agoText, dateTimeText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { LinkButton } from '../ui/link-button.tsx'
import { Notice } from '../ui/notice.tsx'
import { type TimeWindow, timeWindowOf } from '../ui/time-window.ts'
import { RuleExceptions } from './rule-exceptions.tsx'
import { RuleFlags } from './rule-flags.tsx'
import { DayBars, SeverityWord, StateMarks } from './rule-marks.tsx'
import { editPath } from './rule-path.ts'
import { AutomaticSettings, RuleSwitch } from './rule-settings.tsx'
import { firedText, kindText, precisionWords, stateMarks } from './rule-words.ts'

const againMs = 5_000

export function RulePage() {
  // The banner and the pill live on the same socket as everything else.
  useWatch({ view: 'live' })
  const [{ id, ...span }, setUrl] = useQueryStates(
    { id: parseAsString.withDefault(''), from: parseAsInteger, to: parseAsInteger },
    { history: 'replace', scroll: false },
  )
  const onAnyTime = () => void setUrl({ from: null, to: null })
  return <KnownRule key={id} id={id} window={timeWindowOf(span)} onAnyTime={onAnyTime} />
}

type Known = { id: string; window: TimeWindow | undefined; onAnyTime: () => void }

function KnownRule({ id, window, onAnyTime }: Known) {
  const now = useNow(1_000)
  const why = useWhyNotAdmin()
  const { value, problem, again } = useListed(
    `/api/rules/${encodeURIComponent(id)}`,
    RuleDetailView,
    id !== '',
    againMs,
  )
  // What an answer to a change said is newer than what was asked before it.
  const [changed, setChanged] = useState<{ detail: RuleDetailView; over: RuleDetailView | undefined }>()
  if (id === '' || (!value && problem?.status === 404)) return <NoRule id={id} />
  if (!value) return <NothingYet what="what is known of this rule" problem={problem} again={again} />
  const detail = changed && changed.over === value ? changed.detail : value
  const settle = (next: RuleDetailView) => {
    setChanged({ detail: next, over: value })
    void again()
  }
  const { rule } = detail
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <AskAgain problem={problem} again={again} />
      <Head rule={rule} now={now} why={why} />
      <div className="grid xl:grid-cols-[minmax(0,1fr)_400px]">
        <aside aria-label="What is set about it" className="order-last max-xl:order-first max-xl:border-b xl:border-l">
          {why !== undefined && (
            <p className="border-b px-4 py-2 text-sm text-muted max-md:px-3">{why} Here it can be read.</p>
          )}
          <div className="max-xl:grid max-xl:md:grid-cols-2">
            <RuleSwitch rule={rule} why={why} onChanged={settle} />
            <AutomaticSettings rule={rule} why={why} onChanged={settle} />
          </div>
          <RuleExceptions detail={detail} now={now} why={why} onChanged={settle} />
        </aside>
        <RuleFlags
          key={window?.fromMs ?? 'newest'}
          rule={rule}
          window={window}
          onAnyTime={onAnyTime}
          onJudged={again}
        />
      </div>
    </div>
  )
}

function Head({ rule, now, why }: { rule: RuleView; now: number; why: string | undefined }) {
  const precision = precisionWords(rule.verdicts)
  const { document, tactics, techniques, atlas, falsePositives, kind } = rule
  return (
    <header className="border-b px-4 py-3 max-md:px-3">
      <div className="flex flex-wrap items-start gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-80">
          <h2 className="text-pretty text-lg font-semibold">
            <HostileText text={rule.title} max={300} />
          </h2>
          <p className="mt-0.5 flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-muted">
            <SeverityWord severity={rule.severity} />
            {rule.behaviour !== undefined && <HostileText text={rule.behaviour} max={64} />}
            <span>{kindText(rule)}</span>
            {document !== undefined && <HostileText text={document} max={200} className="break-all font-mono" />}
            {stateMarks(rule).length > 0 && <StateMarks rule={rule} />}
          </p>
        </div>
        {document !== undefined && (
          <LinkButton href={editPath(document)}>
            <PencilLine aria-hidden /> {why === undefined ? 'Edit its text' : 'Read its text'}
          </LinkButton>
        )}
      </div>
      <dl className="mt-3 flex flex-wrap gap-x-8 gap-y-2">
        <div>
          <dt className="text-sm text-muted">Fired, 7 days</dt>
          <dd className="flex items-center gap-2">
            <DayBars perDay={rule.perDay} /> {firedText(rule)}
          </dd>
        </div>
        <div>
          <dt className="text-sm text-muted">Precision</dt>
          <dd>
            {precision ? `${precision.percent}, ${precision.counts} judged` : 'nobody has judged a flag yet'}
            {rule.verdicts.drill > 0 && (
              <span className="text-muted">, {plural(rule.verdicts.drill, 'drill')} aside</span>
            )}
          </dd>
        </div>
        {rule.lastAtMs !== undefined && (
          <div>
            <dt className="text-sm text-muted">Newest</dt>
            <dd title={dateTimeText(rule.lastAtMs)}>{agoText(now - rule.lastAtMs)}</dd>
          </div>
        )}
      </dl>
      <dl className="mt-3 grid max-w-6xl gap-x-8 gap-y-2 lg:grid-cols-2">
        {rule.why !== undefined && <Fact name="Why it matters">{rule.why}</Fact>}
        {rule.response !== undefined && <Fact name="What to do first">{rule.response}</Fact>}
        {falsePositives.length > 0 && <Fact name="Innocent, and looks the same">{falsePositives.join('; ')}</Fact>}
        <Fact name={kind === 'detector' ? 'What it counts' : 'What it looks at'}>{rule.looksAt}</Fact>
        <Fact name="ATT&CK and ATLAS">{[...tactics, ...techniques, ...atlas].join(', ') || 'none given'}</Fact>
        <Fact name="Id">{rule.id}</Fact>
      </dl>
    </header>
  )
}

function NoRule({ id }: { id: string }) {
  return (
    <Notice icon={<SearchX aria-hidden />} title="No such rule runs">
      <p>
        {id === '' ? (
          'The link names none.'
        ) : (
          <>
            Nothing that runs has the id <HostileText text={id} max={140} className="break-all font-mono text-ink" />.
            Its text may have been taken away or changed.
          </>
        )}
      </p>
      <Link href="/rules" className="mt-3 inline-block text-info underline underline-offset-2">
        All rules
      </Link>
    </Notice>
  )
}
