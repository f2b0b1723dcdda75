'use client'
// How much is wrong with a session, as of now: a bar and a number. It decays while one looks; what is red opened an incident.
import { Flag } from 'lucide-react'
import { memo } from 'react'
import type { SessionRow } from '../../server/protocol/browser-messages.ts'
import { useNow } from '../live/use-now.ts'
import { classNames } from '../ui/class-names.ts'
import { visibleText } from '../ui/visible-text.ts'
import { riskWords } from './risk-words.ts'

type Props = { risk: SessionRow['risk']; flagged: SessionRow['flagged']; card?: boolean }

/** Half-lives are minutes: a step of ten seconds shows no jump. */
const stepMs = 10_000
const fullBar = 100

export const RiskCell = memo(function RiskCell({ risk, flagged, card = false }: Props) {
  const nowMs = useNow(risk === undefined ? undefined : stepMs)
  if (risk === undefined) return card ? null : <span className="text-xs text-muted">—</span>
  const { score, text, level } = riskWords(risk, flagged, nowMs)
  const tone = level === 'critical' ? 'text-critical' : level === 'warn' ? 'text-warn' : 'text-muted'
  const title = flagged === undefined ? undefined : visibleText(flagged.title, { max: 200 })
  return (
    <span
      title={title}
      // On a card it stands in a line of text: its number is its baseline, not the lower edge of the flag.
      className={classNames(
        'flex gap-1.5 font-mono text-sm tabular-nums',
        card ? 'items-baseline' : 'items-center',
        tone,
      )}
      data-risk={score}
    >
      {card || level !== 'quiet' ? (
        <Flag className={classNames('size-3.5 shrink-0', card && 'self-center')} aria-hidden />
      ) : (
        <span className="h-1 w-3.5 shrink-0 overflow-hidden rounded-full bg-raised" aria-hidden>
          <span className="block h-full bg-ok" style={{ width: `${Math.min(100, (score / fullBar) * 100)}%` }} />
        </span>
      )}
      <span className="sr-only">risk </span>
      {text}
      {level === 'critical' && <span className="sr-only">, an incident</span>}
    </span>
  )
})
