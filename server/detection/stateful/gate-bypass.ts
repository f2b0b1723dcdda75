// Calls that ran although the gate had not let them: what was denied or still held ran all the same, or a tool that asks ran without asking.
// Both are told by what is reported of the calls; a harness that says nothing hides from it, and takes its proof of being gated away by that.
import type { DetectionEvent } from '../detection-event.ts'
import { type DetectorRule, flagOf, type StatefulDetector, type Tell, textAt } from './detector.ts'
import { RecencyMap } from './recency-map.ts'
import { Once } from './window.ts'

const common = {
  behaviour: 'evasion',
  tactics: ['defense-impairment'],
  techniques: ['T1685'],
  formerly: ['T1562.001'],
} as const

const bypassed: DetectorRule = {
  ...common,
  id: 'vigil-gate-bypassed',
  title: 'A call ran that the gate had not allowed',
  severity: 'high',
  why: 'The gate of this session holds nothing: what is denied runs all the same.',
  response:
    'Pause the session by its host, which needs no gate; then see what the call did, and why its door let it run.',
  falsePositives: ['A harness that reports a denied call as one that ended with an error', 'Two calls under one id'],
  measures:
    'a call that was denied, or is held, is reported to have ended (high); to have ended with an error (medium)',
  sources: ['telemetry'],
}

const unasked: DetectorRule = {
  ...common,
  id: 'vigil-gate-unasked',
  title: 'A tool that asks the gate ran without asking',
  severity: 'medium',
  why: 'Some way to this tool leads around the gate: what goes there cannot be held.',
  response:
    'See which of its calls did not ask, and by which door the others came; pause the session until all of them do.',
  falsePositives: [
    'A door that is set to ask for some of its calls only',
    'A sub-agent without the hook of its parent',
  ],
  measures:
    'a call of a tool is reported to have run and had not asked under its id, in a session in which a call of that tool had asked and ran under its own',
  sources: ['telemetry', 'action'],
}

export const gateRules = [bypassed, unasked] as const

const sessionsMax = 4_096
const callsMax = 256
const toolsMax = 64
const againMs = 1_800_000

type Answer = { is: 'allowed' | 'denied' | 'held'; tool: string }
type Session = {
  /** By call id. */
  answers: RecencyMap<Answer>
  tools: RecencyMap<string>
  /** Tools of which a call that had asked was seen to run: their ids are the ones that they ask under. */
  correlated: RecencyMap<true>
  said: { bypassed: Once; unasked: Once }
}

export function createGateBypass(): StatefulDetector {
  const sessions = new RecencyMap<Session>(sessionsMax)

  function sessionFor(name: string): Session {
    const made = sessions.get(name) ?? {
      answers: new RecencyMap<Answer>(callsMax),
      tools: new RecencyMap<string>(callsMax),
      correlated: new RecencyMap<true>(toolsMax),
      said: { bypassed: new Once(againMs), unasked: new Once(againMs) },
    }
    sessions.set(name, made)
    return made
  }

  function takeAnswer({ answers }: Session, call: string, is: string, tool: string): void {
    if (is !== 'allowed' && is !== 'denied' && is !== 'held') return
    // What was denied stays so, or an agent could ask for another as it.
    if (answers.get(call)?.is !== 'denied') answers.set(call, { is, tool })
  }

  function takeEnd(session: Session, event: DetectionEvent, call: string, tell: Tell): void {
    const outcome = textAt(event, 'Outcome')
    if (outcome !== 'ok' && outcome !== 'error') return
    const answer = session.answers.get(call)
    const tool = textAt(event, 'Tool') ?? session.tools.get(call) ?? ''
    if (answer?.is === 'allowed') {
      if (tool !== '') session.correlated.set(tool, true)
    } else if (answer !== undefined) {
      if (!session.said.bypassed.now(event.atMs)) return
      tell(
        flagOf(bypassed, event, {
          what: answer.tool,
          matched: [
            ['Tool', answer.tool],
            ['State', answer.is],
            ['Outcome', outcome],
          ],
          ...(outcome === 'error' && { severity: 'medium', context: 'lowered: it ended with an error' }),
        }),
      )
    } else if (tool !== '' && session.correlated.get(tool) && session.said.unasked.now(event.atMs))
      tell(flagOf(unasked, event, { what: tool, matched: [['Tool', tool]] }))
  }

  return {
    sources: ['telemetry', 'action'],
    seesExpected: true,
    observe(event, tell) {
      const { session: name, call, source } = event
      if (name === undefined || call === undefined) return
      const { Stream, State } = event.fields
      if (source === 'action') {
        // Of a session that never asked nothing is kept.
        sessions.get(name)?.tools.set(call, textAt(event, 'Tool') ?? '')
      } else if (Stream === 'gate') {
        if (event.trust !== 'agent') takeAnswer(sessionFor(name), call, String(State), textAt(event, 'Tool') ?? '')
      } else if (Stream === 'agent' && State === 'call-ended') {
        const known = sessions.get(name)
        if (known) takeEnd(known, event, call, tell)
      }
    },
  }
}
