'use client'
// One line of the stream: when, what, who vouches for it; opens to the raw event as text.
import { CircleAlert } from 'lucide-react'
import Link from 'next/link'
import { memo, type ReactNode, useId, useState } from 'react'
import type { EventView } from '../../server/protocol/browser-messages.ts'
import type { Revealed } from '../../server/protocol/reveal.ts'
import { ReplayOfEvent } from '../replay/replay-from-here.tsx'
import { rulePath } from '../rules/rule-path.ts'
import { classNames } from '../ui/class-names.ts'
import { clockText, dateTimeText, preciseClockText, spanText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { TrustBadge, trustSentence } from '../ui/trust-badge.tsx'
import type { ActivityLine as Line } from './activity-lines.ts'
import { AlertChipRow } from './alert-chip-row.tsx'
import { type AlertChip, sameChips } from './alert-chips.ts'
import { AttributionDetail } from './attribution-detail.tsx'
import { causeText } from './attribution-sentence.ts'
import { EventIcon } from './event-icon.tsx'
import { kindOf } from './event-sentence.ts'
import type { PartStyle, SentencePart, Tone } from './event-words.ts'
import { EvidenceTable } from './evidence-table.tsx'
import { MaskedRow } from './masked-row.tsx'
import { TieBadge } from './tie-mark.tsx'

const partClass: Readonly<Record<PartStyle, string>> = {
  plain: 'text-ink/90',
  strong: 'font-medium text-ink',
  code: 'font-mono text-sm text-ink',
  muted: 'text-muted',
}
const toneClass: Readonly<Record<Tone, string>> = {
  normal: '',
  good: '',
  warn: 'bg-warn/6',
  critical: 'bg-critical/10',
  frozen: 'bg-frozen/7',
}

type Props = {
  line: Line
  open: boolean
  /** Alerts tied to the action of this line. */
  chips: readonly AlertChip[] | undefined
  /** A later conclusion takes the place of this one. */
  replaced: boolean
  onToggle: (seq: number) => void
  onGo: (seq: number) => void
}

export const ActivityLine = memo(
  function ActivityLine({ line: masked, open, chips, replaced, onToggle, onGo }: Props) {
    // What was shown is forgotten with the line: one that is scrolled away and back is masked again.
    const [revealed, setRevealed] = useState<readonly Revealed[]>()
    const line = revealed ? withRevealed(masked, revealed) : masked
    const { event, ended } = line
    const kind = kindOf(event.kind)
    const endKind = ended && kindOf(ended.kind)
    const tone = replaced ? 'normal' : ((ended && endKind?.tone?.(ended.data)) ?? kind.tone?.(event.data) ?? 'normal')
    const mark = kind.mark?.(event.data)
    const aside = ended ? endAside(line) : (kind.aside?.(event.data) ?? '')
    const caution = kind.caution?.(event.data) ?? ''
    // The title of a flag leads to its rule.
    const rule = event.kind === 'flag.raised' && typeof event.data.rule === 'string' ? event.data.rule : undefined
    const output = ended && typeof ended.data.output === 'string' ? ended.data.output.trim() : ''
    return (
      <div className={classNames('border-b', toneClass[tone])}>
        <Row seq={line.seq} open={open} rule={rule} onToggle={onToggle}>
          <time
            dateTime={new Date(event.atMs).toISOString()}
            title={dateTimeText(event.atMs)}
            className="min-w-[13ch] shrink-0 font-mono text-sm text-muted max-md:min-w-[9ch]"
          >
            <span className="max-md:hidden">{preciseClockText(event.atMs)}</span>
            <span className="md:hidden">{clockText(event.atMs)}</span>
          </time>
          <EventIcon
            name={kind.icon}
            className={classNames('mt-0.5', tone === 'critical' && 'text-critical', tone === 'frozen' && 'text-frozen')}
          />
          <span className="min-w-0 flex-1">
            <span className="line-clamp-2 break-words">
              {withSubject(kind.say(event.data), line.subject).map((part, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: parts have no identity beyond their place
                <span key={index} className={partClass[part.style]}>
                  {index > 0 && ' '}
                  {rule !== undefined && part.style === 'strong' ? (
                    <Link
                      href={rulePath(rule)}
                      prefetch={false}
                      className="relative z-1 underline-offset-2 hover:underline"
                    >
                      <HostileText text={part.text} max={600} />
                    </Link>
                  ) : (
                    <HostileText text={part.text} max={600} />
                  )}
                </span>
              ))}
            </span>
            {caution !== '' && (
              <span className="flex min-w-0 items-start gap-1.5 pt-0.5 text-sm text-warn">
                <CircleAlert aria-hidden className="mt-0.5 size-3 shrink-0" />
                <HostileText text={caution} max={300} className="min-w-0 break-words" />
              </span>
            )}
            {line.cause && (
              <span className="block truncate pt-0.5 text-sm text-muted">
                {causeText(line.cause.data).map(({ text, style }) => (
                  <span key={style} className={partClass[style]}>
                    <HostileText text={`${text} `} max={200} />
                  </span>
                ))}
              </span>
            )}
            {mark && (
              <span className="flex flex-wrap items-center gap-x-2 gap-y-0.5 pt-0.5 text-sm text-muted">
                <TieBadge level={mark.level} words={mark.words} replaced={replaced} />
                {mark.when}
              </span>
            )}
            {output !== '' && (
              <HostileText
                text={output.slice(-400).split('\n').at(-1) ?? ''}
                max={240}
                className="block truncate font-mono text-sm text-muted"
              />
            )}
          </span>
          <span className="flex shrink-0 items-center gap-2.5 text-sm text-muted max-md:flex-col max-md:items-end max-md:gap-0">
            {aside !== '' && (
              <HostileText text={aside} max={60} className={tone === 'critical' ? 'text-critical' : ''} />
            )}
            <TrustBadge trust={event.trust} className="w-14 justify-end max-md:w-auto" />
          </span>
        </Row>
        {event.session !== undefined && (event.masked || ended?.masked) && (
          <MaskedRow
            session={event.session}
            masked={[event.masked, ended?.masked]}
            asks={[event, ended].flatMap((each) => (each?.masked ? [{ seq: each.seq }] : []))}
            shown={revealed !== undefined}
            onShown={setRevealed}
            className="pr-4 pb-2 pl-[140px] max-md:pr-3 max-md:pl-[104px]"
          />
        )}
        {chips && <AlertChipRow chips={chips} onGo={onGo} />}
        {open && event.kind === 'attribution.made' && <AttributionDetail event={event} replaced={replaced} />}
        {open && line.cause && <AttributionDetail event={line.cause} replaced={false} />}
        {open && (event.kind === 'evidence.recorded' ? <EvidenceTable event={event} /> : <RawEvent line={line} />)}
      </div>
    )
  },
  (a, b) =>
    a.open === b.open &&
    a.line.event === b.line.event &&
    a.line.ended === b.line.ended &&
    a.line.subject === b.line.subject &&
    a.line.cause === b.line.cause &&
    a.replaced === b.replaced &&
    sameChips(a.chips, b.chips) &&
    a.onToggle === b.onToggle &&
    a.onGo === b.onGo,
)

function withRevealed(line: Line, revealed: readonly Revealed[]): Line {
  const whole = (event: EventView): EventView => {
    const data = revealed.find((each) => each.seq === event.seq)?.data
    return data ? { ...event, data } : event
  }
  return { ...line, event: whole(line.event), ended: line.ended && whole(line.ended) }
}

type RowProps = {
  seq: number
  open: boolean
  rule: string | undefined
  onToggle: (seq: number) => void
  children: ReactNode
}

const rowClass =
  'flex w-full items-start gap-3 px-4 py-[7px] text-left outline-offset-[-2px] hover:bg-panel max-md:gap-2 max-md:px-3 max-md:py-2.5'

/** A button; where a link stands in it the button lies over the row instead, since neither may hold the other. */
function Row({ seq, open, rule, onToggle, children }: RowProps) {
  const id = useId()
  const button = { type: 'button', 'aria-expanded': open, 'data-seq': seq, onClick: () => onToggle(seq) } as const
  if (rule === undefined) {
    return (
      <button {...button} className={rowClass}>
        {children}
      </button>
    )
  }
  return (
    <div className={classNames('relative', rowClass)}>
      <button {...button} aria-labelledby={id} className="absolute inset-0 outline-offset-[-2px]" />
      <span id={id} className="contents">
        {children}
      </span>
    </div>
  )
}

/** The name goes after the verb: `exited ssh[48211] pid 48211`. */
function withSubject(parts: SentencePart[], subject: string): SentencePart[] {
  return subject === '' ? parts : [...parts.slice(0, 1), { text: subject, style: 'code' }, ...parts.slice(1)]
}

function endAside({ event, ended }: Line): string {
  if (!ended) return ''
  const told = kindOf(ended.kind).aside?.(ended.data) ?? ''
  const took = typeof ended.data.durationMs === 'number' ? '' : spanText(ended.atMs - event.atMs)
  const outcome = ended.data.outcome === 'ok' || typeof ended.data.outcome !== 'string' ? '' : ended.data.outcome
  return [outcome, told, took].filter((part) => part !== '').join(' · ')
}

function RawEvent({ line }: { line: Line }) {
  const events = line.ended ? [line.event, line.ended] : [line.event]
  return (
    <div className="border-t bg-panel px-4 py-2.5">
      <p className="text-xs text-muted">
        The event as it is in the log{events.some((each) => each.masked) && ', but for what is masked'}
        {line.event.trust === 'agent' && <span className="text-warn">, {trustSentence.agent}</span>}
        {' · '}
        <ReplayOfEvent seenAtMs={line.event.seenAtMs} />
      </p>
      {events.map((event) => (
        <pre
          key={event.seq}
          className="max-h-80 overflow-auto py-1 font-mono text-xs leading-4 text-muted"
          tabIndex={-1}
        >
          <HostileText text={JSON.stringify(event, null, 2)} max={20_000} multiline />
        </pre>
      ))}
    </div>
  )
}
