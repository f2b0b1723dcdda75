// The document: what the facts say, and under each heading what people wrote beside it.
import { Check, Minus } from 'lucide-react'
import Link from 'next/link'
import type { ReactNode } from 'react'
import type { TimelineItem } from '../../server/protocol/incident-timeline.ts'
import type { FactLine, Postmortem } from '../../server/protocol/postmortem.ts'
import type { PostmortemSection } from '../../server/protocol/postmortem-section.ts'
import { DrillBadge, SeverityBadge, StatusMark } from '../incidents/incident-marks.tsx'
import { seenHeldText, verdictWord } from '../incidents/incident-words.ts'
import { NoteText } from '../incidents/note-text.tsx'
import { momentPath } from '../sessions/session-path.ts'
import { plural } from '../ui/format-quantity.ts'
import { dateTimeText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { DocumentTimeline } from './document-timeline.tsx'
import { Evidence } from './evidence.tsx'
import { Delays, Impact } from './figures.tsx'
import { headings } from './headings.ts'
import type { SaveSection } from './use-postmortem.ts'
import { WrittenSection } from './written-section.tsx'

type Props = { of: Postmortem; why: string | undefined; save: SaveSection }

export function Document({ of, why, save }: Props) {
  const known = new Map([...of.timeline.items, ...of.cited].map((item) => [item.id, item]))
  const itemOf = (id: string) => known.get(id)
  const people = (section: PostmortemSection, asks: string) => (
    <WrittenSection of={of} section={section} asks={asks} itemOf={itemOf} why={why} save={save} />
  )
  return (
    <article className="min-w-0 pb-16 print:pb-0">
      <Head of={of} />
      <Part id="summary">
        <Summary of={of} />
        {people('summary', 'In a few sentences: what happened, to whom, and how it ended.')}
      </Part>
      <Part id="impact">
        <Impact of={of} />
      </Part>
      <Part id="delays">
        <Delays of={of} />
      </Part>
      <Part id="worked">
        <FactLines lines={of.worked} none="Nothing that the facts show." itemOf={itemOf} />
        {people('worked', 'What should be kept as it is?')}
      </Part>
      <Part id="failed">
        <FactLines
          lines={of.failed}
          none="Nothing that the facts show. What people missed is not in them."
          itemOf={itemOf}
        />
        {people('failed', 'What was seen too late, done by hand, or not at all?')}
      </Part>
      <Part id="causes">{people('causes', 'No log knows why. What made it possible, beyond the agent itself?')}</Part>
      <Part id="follow-ups">{people('followUps', 'What is changed, by whom, until when?')}</Part>
      <Part id="classification">
        <Classification of={of} />
      </Part>
      <Part id="evidence">
        <Evidence of={of} />
      </Part>
      <Part id="timeline">
        <DocumentTimeline of={of} />
      </Part>
      <Part id="notes">
        <Notes of={of} />
      </Part>
      <footer className="mt-8 border-t pt-3 text-sm text-pretty text-muted">
        Made from the log at {dateTimeText(of.madeAtMs)}. Facts cannot be edited and each says who vouches for it; what
        people wrote is marked as theirs. Paths are those of{' '}
        <span className="font-mono break-all">{of.consoleUrl}</span>
      </footer>
    </article>
  )
}

function Part({ id, children }: { id: keyof typeof headings; children: ReactNode }) {
  return (
    <section aria-labelledby={id} className="mt-8">
      <h2 id={id} className="mb-2 scroll-mt-4 border-b pb-1 text-lg font-semibold">
        {headings[id]}
      </h2>
      {children}
    </section>
  )
}

function Head({ of: { incident, madeAtMs } }: { of: Postmortem }) {
  const { owner, sessions, hosts, resolvedAtMs, verdict, mergedInto } = incident
  return (
    <header>
      <p className="text-sm text-muted">
        Postmortem of <span className="font-mono">{incident.incident}</span>
        <span className="hidden print:inline"> · as of {dateTimeText(madeAtMs)}</span>
      </p>
      <h1 className="mt-1 text-xl font-semibold text-balance break-words">
        <HostileText text={incident.title} max={160} />
      </h1>
      <div className="mt-2 flex flex-wrap items-center gap-x-3 gap-y-1">
        <SeverityBadge severity={incident.severity} />
        <StatusMark status={incident.status} />
        {incident.isDrill && <DrillBadge />}
        {incident.isDrill && <span className="text-sm text-info">This was a drill: it counts in no figure.</span>}
        {resolvedAtMs !== undefined && (
          <span className="text-sm text-muted">
            {dateTimeText(resolvedAtMs)}
            {verdict !== undefined && `: ${verdictWord[verdict]}`}
          </span>
        )}
        {mergedInto !== undefined && (
          <span className="text-sm text-warn">It goes on as a part of {mergedInto}, and is written there.</span>
        )}
      </div>
      <dl className="mt-3 grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 [&_dt]:text-muted">
        <dt>Owner</dt>
        <dd>{owner ? <HostileText text={owner.name} max={80} /> : 'nobody'}</dd>
        <dt>Sessions</dt>
        <dd className="min-w-0 break-words">
          <Names names={sessions} /> <span className="text-muted">· {seenHeldText(incident)}</span>
        </dd>
        <dt>Hosts</dt>
        <dd className="min-w-0 break-words">
          <Names names={hosts} />
        </dd>
      </dl>
    </header>
  )
}

const namesShown = 24

function Names({ names }: { names: readonly string[] }) {
  if (names.length === 0) return 'none is known'
  return (
    <>
      {names.slice(0, namesShown).map((name, index) => (
        <span key={name} className="font-mono text-sm">
          {index > 0 && ', '}
          <HostileText text={name} max={80} />
        </span>
      ))}
      {names.length > namesShown && ` and ${names.length - namesShown} more`}
    </>
  )
}

function Summary({ of: { incident, seen } }: { of: Postmortem }) {
  const { because, flagCount, sessions, hosts, status, mergedInto } = incident
  return (
    <>
      <p className="text-pretty">
        Opened by <HostileText text={because} max={300} />. {plural(flagCount, 'flag')} in{' '}
        {plural(sessions.length, 'session')} on {hosts.length === 0 ? 'no known host' : plural(hosts.length, 'host')}.{' '}
        {mergedInto === undefined ? `Now it is ${status}.` : `It goes on as a part of ${mergedInto}.`}
      </p>
      {seen.length > 0 && (
        <>
          <p className="mt-2 text-muted">What was seen, in order:</p>
          <ol className="mt-1 list-decimal pl-6">
            {seen.map((title) => (
              <li key={title}>
                <HostileText text={title} max={160} />
              </li>
            ))}
          </ol>
        </>
      )}
    </>
  )
}

type FactLinesProps = {
  lines: readonly FactLine[]
  none: string
  itemOf: (id: string) => TimelineItem | undefined
}

function FactLines({ lines, none, itemOf }: FactLinesProps) {
  if (lines.length === 0) return <p className="text-muted">{none}</p>
  return (
    <ul className="grid list-disc gap-1 pl-5">
      {lines.map(({ says, atMs, quotes = [], evidence }) => {
        const item = evidence === undefined ? undefined : itemOf(evidence)
        const when = atMs === undefined ? undefined : dateTimeText(atMs)
        return (
          <li key={`${says} ${evidence ?? ''}`} className="text-pretty break-words">
            {says}
            {when !== undefined && ' at '}
            {when !== undefined &&
              (item?.session === undefined ? (
                when
              ) : (
                <Link
                  href={momentPath(item.session, item.seenAtMs)}
                  prefetch={false}
                  className="text-info hover:underline"
                >
                  {when}
                </Link>
              ))}
            {quotes.map((quote, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: quotes have no identity beyond their place
              <span key={index}>
                {index === 0 ? ': ' : ', '}
                <HostileText text={quote} max={160} className="font-mono text-sm break-all" />
              </span>
            ))}
          </li>
        )
      })}
    </ul>
  )
}

function Classification({ of: { kinds, unsorted, incident } }: { of: Postmortem }) {
  const { tactics, techniques } = incident
  return (
    <>
      <ul className="grid grid-cols-3 gap-3 max-md:grid-cols-1">
        {kinds.map(({ name, tactics: its }) => {
          const isOf = its.length > 0
          return (
            <li key={name} className={`rounded-lg border p-3 ${isOf ? 'border-line-strong bg-panel' : 'text-muted'}`}>
              <p className="flex items-center gap-1.5 font-medium">
                {isOf ? <Check aria-hidden className="size-3.5" /> : <Minus aria-hidden className="size-3.5" />}
                {name}
              </p>
              <p className="mt-1 text-sm text-muted">
                {isOf ? <HostileText text={its.join(', ')} max={300} /> : 'no flag of this kind'}
              </p>
            </li>
          )
        })}
      </ul>
      <dl className="mt-3 grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 [&_dt]:text-muted">
        <dt>ATT&CK tactics</dt>
        <dd className="min-w-0 break-words">
          {tactics.length === 0 ? 'none' : <HostileText text={tactics.join(', ')} max={600} />}
          {unsorted.length > 0 && (
            <span className="text-muted">
              {' '}
              (of no kind above: <HostileText text={unsorted.join(', ')} max={300} />)
            </span>
          )}
        </dd>
        <dt>ATT&CK techniques</dt>
        <dd className="min-w-0 break-words font-mono">
          {techniques.length === 0 ? 'none' : <HostileText text={techniques.join(', ')} max={600} />}
        </dd>
      </dl>
    </>
  )
}

function Notes({ of: { notes } }: { of: Postmortem }) {
  if (notes.length === 0) return <p className="text-muted">Nobody wrote a note while it was worked on.</p>
  return (
    <ul className="grid gap-3">
      {notes.map(({ seq, atMs, by, change }) => (
        <li key={seq} className="min-w-0 border-l-2 pl-3">
          <p className="text-sm text-muted">
            <HostileText text={by?.name ?? 'Vigil'} max={80} className="font-medium text-ink" /> · {dateTimeText(atMs)}
          </p>
          {change.type === 'note' && <NoteText text={change.text} />}
        </li>
      ))}
    </ul>
  )
}
