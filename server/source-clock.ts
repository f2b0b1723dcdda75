// A source's clock as its page shows it: against the traces of agents where the two were compared, else against whatever was compared best.
import type { SourceView } from './protocol/source-view.ts'

type Compared = { clock: string; against: string; offsetMs: number; spreadMs: number; pairs: number }

/** Formats whose times are those of agents and trainers. */
const traceDoors = /^(?:otlp|otlp-json|events|claude-code|langfuse|openinference|inspect-ai|openhands|roll|rock)/

export function sourceClockOf(id: string, compared: readonly Compared[]): SourceView['clock'] {
  let best: { against: string; offsetMs: number; spreadMs: number; pairs: number; rank: number } | undefined
  for (const { clock, against, offsetMs, spreadMs, pairs } of compared) {
    const isOwn = doorOf(clock) === id
    if (!isOwn && doorOf(against) !== id) continue
    const other = isOwn ? against : clock
    const rank = (traceDoors.test(other) ? 1_000_000 : 0) + pairs
    if (best && best.rank >= rank) continue
    // An estimate says what to add to `clock`; seen from the other side it is taken away.
    best = { against: wordsOf(other), offsetMs: isOwn ? offsetMs : -offsetMs, spreadMs, pairs, rank }
  }
  return best && { against: best.against, offsetMs: best.offsetMs, spreadMs: best.spreadMs, pairs: best.pairs }
}

const doorOf = (clock: string) => clock.slice(0, clock.lastIndexOf('|'))

function wordsOf(clock: string): string {
  const machine = clock.slice(clock.lastIndexOf('|') + 1)
  return machine === '' ? doorOf(clock) : `${doorOf(clock)} on ${machine}`
}
