import { describe, expect, it } from 'vitest'
import { drawEpisode, testSession } from './event-for-test.ts'
import { isLent, newestClosed } from './long-parts.ts'
import { applyEvent, nothingTouched } from './reduce.ts'
import { snapshotLines, stateInPieces } from './snapshot-state.ts'
import { type ConsoleState, emptyState } from './state.ts'

const story = drawEpisode(
  `00:00 probe\n00:01 start sh\n00:02 exec 7 1 curl\n00:03 exit 7 1 x\n${Array.from(
    { length: 9 },
    (_, n) => `00:${10 + n} open k${n} 203.0.113.${n}:22 1\n00:${20 + n} close k${n} ${n} 2`,
  ).join('\n')}`,
)
const after = story.slice(-4)

function stateOf(events: typeof story, state: ConsoleState = emptyState()): ConsoleState {
  for (const event of events) applyEvent(state, event, nothingTouched())
  return state
}

/** As the store does it, and how often each long text was read. */
function throughSnapshot(state: ConsoleState): { state: ConsoleState; reads: () => number } {
  const lines: string[] = []
  const longs: string[] = []
  for (const { line, long } of snapshotLines(state, () => false)) {
    lines.push(line)
    if (long !== undefined) longs.push(long)
  }
  let reads = 0
  const pieces = stateInPieces(lines.join('\n'), () => {
    const text = longs.shift() ?? ''
    return () => {
      reads += 1
      return text
    }
  })
  for (;;) {
    const { done, value } = pieces.next()
    if (done) return { state: value, reads: () => reads }
  }
}

describe('what is long in a session of a snapshot', () => {
  it('is the same as if it had been there always, also for events that come after', () => {
    const cut = stateOf(story.slice(0, -after.length))
    expect(throughSnapshot(cut).state).toEqual(cut)
    expect(stateOf(after, throughSnapshot(cut).state)).toEqual(stateOf(story))
  })

  it('is not read for a row, which has the newest that have closed, and is read once by whoever asks for all', () => {
    const whole = stateOf(story)
    const { state, reads } = throughSnapshot(whole)
    const session = state.sessions.get(testSession)
    if (!session) throw new Error('the story has no session')
    const newest = whole.sessions.get(testSession)?.closedConnections.slice(-3)
    expect(newestClosed(session)).toEqual(newest)
    expect([isLent(session), reads()]).toEqual([true, 0])
    expect(session.exitedProcesses.length + session.closedConnections.length).toBeGreaterThan(9)
    expect(newestClosed(session)).toEqual(newest)
    expect([isLent(session), reads()]).toEqual([false, 1])
  })

  it('can be replaced before it was ever read', () => {
    const { state, reads } = throughSnapshot(stateOf(story))
    const session = state.sessions.get(testSession)
    if (!session) throw new Error('the story has no session')
    session.closedConnections = []
    expect([session.closedConnections, session.exitedProcesses.length, reads()]).toEqual([[], 1, 1])
  })
})
