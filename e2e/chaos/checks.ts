// What must hold after everything was healed, as pure functions of what was asked, what the log has and what the host was read to do. Each
// answers with what is wrong; nothing is wrong when all answer nothing.
export type Guarantee = 'log' | 'controls' | 'enforcement' | 'gate' | 'audit' | 'sessions' | 'ready'
export type Violation = { guarantee: Guarantee; what: string }

/** Of one guarantee, so many are told one by one; the rest is counted. */
const toldMax = 20

export function fewOf(violations: readonly Violation[]): Violation[] {
  const told: Violation[] = []
  const left = new Map<Guarantee, number>()
  for (const each of violations) {
    if (told.filter(({ guarantee }) => guarantee === each.guarantee).length < toldMax) told.push(each)
    else left.set(each.guarantee, (left.get(each.guarantee) ?? 0) + 1)
  }
  return [...told, ...[...left].map(([guarantee, count]) => ({ guarantee, what: `and ${count} more of that kind` }))]
}

/** `acknowledged`: ids that were answered as durable. `times`: how often the log has each id, of all that were ever sent. */
export function lostOrDoubled(
  acknowledged: Iterable<string>,
  times: ReadonlyMap<string, number>,
  source: string,
): Violation[] {
  const lost: Violation[] = []
  for (const id of acknowledged)
    if ((times.get(id) ?? 0) === 0)
      lost.push({ guarantee: 'log', what: `${source}: event ${id} was acknowledged and is not in the log` })
  const doubled = [...times].filter(([, count]) => count > 1)
  return [
    ...lost,
    ...doubled.map(([id, count]) => ({
      guarantee: 'log' as const,
      what: `${source}: event ${id} is ${count} times in the log`,
    })),
  ]
}

/** Numbers of one partition must be dense: a hole is an event that was taken away. */
export function holesIn(seqs: { least: number; most: number; count: number }): Violation[] {
  const expected = seqs.count === 0 ? 0 : seqs.most - seqs.least + 1
  if (expected === seqs.count && (seqs.count === 0 || seqs.least === 1)) return []
  return [
    {
      guarantee: 'log',
      what: `the log's numbers go from ${seqs.least} to ${seqs.most}, but it has ${seqs.count} events`,
    },
  ]
}

export type ControlInLog = { control: string; requested: number; outcomes: readonly string[] }

/** `accepted`: controls whose caller was answered that they were asked. */
export function wrongOutcomes(accepted: Iterable<string>, inLog: ReadonlyMap<string, ControlInLog>): Violation[] {
  const wrong: Violation[] = []
  const say = (what: string) => wrong.push({ guarantee: 'controls', what })
  for (const control of accepted) if (!inLog.has(control)) say(`${control} was accepted and is not in the log`)
  for (const { control, requested, outcomes } of inLog.values()) {
    if (requested !== 1) say(`${control} was requested ${requested} times`)
    if (outcomes.length === 0) say(`${control} has no outcome`)
    if (outcomes.length > 1) say(`${control} has ${outcomes.length} outcomes: ${outcomes.join(', ')}`)
  }
  return wrong
}

export type Level = { pause: boolean; network: boolean }
/** `host`: as the runner itself read the kernel; undefined: there is no such cgroup. `told`: what the server says is enforced. */
export type SessionLevels = {
  session: string
  wanted: Level
  host: Level | undefined
  told: { pause: string; network: string }
}

/** Of sessions that have not ended. */
export function wrongEnforcement(sessions: readonly SessionLevels[]): Violation[] {
  const wrong: Violation[] = []
  const say = (what: string) => wrong.push({ guarantee: 'enforcement', what })
  for (const { session, wanted, host, told } of sessions) {
    if (!host) {
      say(`${session} has no cgroup on the host, and the server does not say that it has ended`)
      continue
    }
    for (const name of ['pause', 'network'] as const) {
      if (wanted[name] !== host[name])
        say(
          `${session}: ${name} is ${wanted[name] ? '' : 'not '}wanted and ${host[name] ? '' : 'not '}in force on the host`,
        )
      if (wanted[name] && told[name] !== 'yes')
        say(`${session}: ${name} is in force, and the server tells of it as "${told[name]}"`)
      if (!host[name] && told[name] === 'yes')
        say(`${session}: the server tells of ${name} as enforced, and the host does not`)
    }
  }
  return wrong
}

/** A control as it was asked, in the order of the log. `lifts`: holds that it takes away, those that it replaces included. */
export type AskedControl = {
  control: string
  session: string
  action: string
  capability: string | null
  lifts: readonly string[]
}

/** Holds that stand by the log alone, as the runner reads it: session -> control -> what it restricts. */
export function standingHolds(asked: readonly AskedControl[]): Map<string, Map<string, Level>> {
  const bySession = new Map<string, Map<string, Level>>()
  for (const { control, session, action, capability, lifts } of asked) {
    const holds = bySession.get(session) ?? new Map<string, Level>()
    bySession.set(session, holds)
    for (const lifted of lifts) holds.delete(lifted)
    const level = {
      pause: action === 'pause' || action === 'contain',
      network: action === 'contain' || (action === 'revoke' && capability === 'network'),
    }
    if (level.pause || level.network) holds.set(control, level)
  }
  return bySession
}

export function wantedOf(holds: ReadonlyMap<string, Level> | undefined): Level {
  const levels = [...(holds?.values() ?? [])]
  return { pause: levels.some(({ pause }) => pause), network: levels.some(({ network }) => network) }
}

/** A hold stands until somebody lifts it, and no longer: no restart may forget one, or make one. */
export function wrongHolds(session: string, byLog: Iterable<string>, told: readonly string[]): Violation[] {
  const log = new Set(byLog)
  const say = (what: string): Violation => ({ guarantee: 'enforcement', what: `${session}: ${what}` })
  return [
    ...[...log]
      .filter((each) => !told.includes(each))
      .map((each) => say(`hold ${each} was never lifted, and the server has forgotten it`)),
    ...told
      .filter((each) => !log.has(each))
      .map((each) => say(`the server tells of hold ${each}, which does not stand by the log`)),
  ]
}

/** One call at the gate: `mustAsk` when the policy lets a person decide it; `answers`: all that its caller ever heard. */
export type GateCall = { session: string; call: string; mustAsk: boolean; answers: readonly string[] }
export type ApprovalInLog = {
  approval: string
  session: string
  call: string
  decisions: readonly string[]
  used: number
}

export function wrongGateAnswers(calls: readonly GateCall[], approvals: readonly ApprovalInLog[]): Violation[] {
  const wrong: Violation[] = []
  const say = (what: string) => wrong.push({ guarantee: 'gate', what })
  const ofCall = new Map<string, ApprovalInLog[]>()
  for (const each of approvals) {
    const key = `${each.session} ${each.call}`
    ofCall.set(key, [...(ofCall.get(key) ?? []), each])
    if (each.decisions.length > 1)
      say(`${each.approval} was decided ${each.decisions.length} times: ${each.decisions.join(', ')}`)
    if (each.used > 1) say(`${each.approval} let ${each.used} calls through`)
    if (each.used > 0 && !each.decisions.includes('approved'))
      say(`${each.approval} let a call through and was not approved`)
  }
  for (const { session, call, mustAsk, answers } of calls) {
    const known = ofCall.get(`${session} ${call}`) ?? []
    if (known.length > 1) say(`${session} ${call} has ${known.length} approvals`)
    if (mustAsk && answers.includes('allow') && !known.some(({ decisions }) => decisions.includes('approved')))
      say(`${session} ${call} was answered "allow" and nobody approved it`)
    // Asked again after it was let through it is denied: an approval is used once. A yes that was heard twice ran twice.
    if (mustAsk && answers.filter((each) => each === 'allow').length > 1)
      say(`${session} ${call} was answered "allow" more than once`)
  }
  return wrong
}

/** `ran`: its command did something. `exited`: its command is over, and the runner saw it. */
export type SessionInLog = { session: string; ran: boolean; exited: boolean; started: number; ended: number }

export function wrongSessions(sessions: readonly SessionInLog[]): Violation[] {
  const wrong: Violation[] = []
  const say = (what: string) => wrong.push({ guarantee: 'sessions', what })
  for (const { session, ran, exited, started, ended } of sessions) {
    if (started > 1) say(`${session} started ${started} times`)
    if (ended > 1) say(`${session} ended ${ended} times`)
    if (ran && started === 0) say(`${session} ran and its start was never told`)
    if (ran && exited && ended === 0) say(`${session} is over and its end was never told`)
    if (ended > 0 && !exited) say(`${session} runs and its end was told`)
  }
  return wrong
}
