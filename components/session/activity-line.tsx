'use client'
// One line of the stream: when, what, who vouches for it; opens to the raw event as text.
import { memo } from 'react'
import { classNames } from '../ui/class-names.ts'
import { dateTimeText, preciseClockText, spanText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { TrustBadge, trustSentence } from '../ui/trust-badge.tsx'
import type { ActivityLine as Line } from './activity-lines.ts'
import { EventIcon } from './event-icon.tsx'
import { kindOf } from './event-sentence.ts'
import type { PartStyle, SentencePart, Tone } from './event-words.ts'
import { EvidenceTable } from './evidence-table.tsx'

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

type Props = { line: Line; open: boolean; onToggle: (seq: number) => void }

export const ActivityLine = memo(
  function ActivityLine({ line, open, onToggle }: Props) {
    const { event, ended } = line
    const kind = kindOf(event.kind)
    const endKind = ended && kindOf(ended.kind)
    const tone = (ended && endKind?.tone?.(ended.data)) ?? kind.tone?.(event.data) ?? 'normal'
    const aside = ended ? endAside(line) : (kind.aside?.(event.data) ?? '')
    const output = ended && typeof ended.data.output === 'string' ? ended.data.output.trim() : ''
    return (
      <div className={classNames('border-b', toneClass[tone])}>
        <button
          type="button"
          aria-expanded={open}
          onClick={() => onToggle(line.seq)}
          className="flex w-full items-start gap-3 px-4 py-[7px] text-left outline-offset-[-2px] hover:bg-panel max-md:gap-2 max-md:px-3 max-md:py-2.5"
        >
          <time
            dateTime={new Date(event.atMs).toISOString()}
            title={dateTimeText(event.atMs)}
            className="w-[86px] shrink-0 font-mono text-sm text-muted max-md:w-[62px]"
          >
            <span className="max-md:hidden">{preciseClockText(event.atMs)}</span>
            <span className="md:hidden">{preciseClockText(event.atMs).slice(0, 8)}</span>
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
                  <HostileText text={part.text} max={600} />
                </span>
              ))}
            </span>
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
        </button>
        {open && (event.kind === 'evidence.recorded' ? <EvidenceTable event={event} /> : <RawEvent line={line} />)}
      </div>
    )
  },
  (a, b) =>
    a.open === b.open &&
    a.line.event === b.line.event &&
    a.line.ended === b.line.ended &&
    a.line.subject === b.line.subject &&
    a.onToggle === b.onToggle,
)

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
        The event as it is in the log
        {line.event.trust === 'agent' && <span className="text-warn">, {trustSentence.agent}</span>}
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
