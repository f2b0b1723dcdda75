// Which action a process belongs to: by its arguments, by its parent, by time. A tree that outlives its call (`nohup`, `&`, `ssh -f`)
// stays the call's; a shell that is kept open for all calls belongs to none of them.
import type { SessionId } from '../protocol/ids.ts'
import type { ClockOffsets } from './clock-offsets.ts'
import { fitInTime, isFarOutside } from './compare-times.ts'
import type { Action, Process, ProcessTie, SessionEvidence } from './evidence.ts'
import { type Candidate, type Feature, weigh } from './weigh.ts'

const depthMax = 64
const shells = /^(?:ba|da|z|k|fi|a)?sh$/

export type ProcessWorld = {
  offsets: ClockOffsets
  /** Raised when an estimate of the clocks changed. */
  clocksVersion: number
  sessionOf(id: SessionId): SessionEvidence | undefined
  /** Actions whose command is this text. */
  actionsOfCommand(command: string): readonly Action[]
  parentOf(process: Process): Process | undefined
  sessionOfWorkload(process: Process): SessionId | undefined
}

/** Undefined where nothing is known of its session. The conclusion is remembered until the session's actions or the clocks change. */
export function tieProcess(world: ProcessWorld, process: Process, depth = 0): ProcessTie | undefined {
  const { tie } = process
  if (tie && tie.clocks === world.clocksVersion && tie.version === (world.sessionOf(tie.session)?.version ?? 0))
    return tie
  const above = depth < depthMax ? world.parentOf(process) : undefined
  const parent = above && tieProcess(world, above, depth + 1)
  const exact = exactActions(world, process)
  const session = process.session ?? world.sessionOfWorkload(process) ?? parent?.session ?? soleSession(exact)
  const evidence = session === undefined ? undefined : world.sessionOf(session)
  if (session === undefined) return undefined
  const found = process.isSessionRoot ? undefined : concludeAction(world, process, evidence, parent, exact)
  process.tie = {
    session,
    action: found?.best.what,
    score: found?.score ?? 1,
    exact:
      found !== undefined &&
      (found.best.features.some(isExact) || (parent?.exact === true && parent.action === found.best.what)),
    version: evidence?.version ?? 0,
    clocks: world.clocksVersion,
    features: found?.best.features ?? [],
    runnerUp: found && {
      session: found.runnerUp?.what.session ?? session,
      action: found.runnerUp?.what,
      score: found.runnerUpScore,
    },
  }
  return process.tie
}

export const exactCommand = 'its arguments are the command'
const isExact = (feature: Feature) => feature.name === exactCommand

function soleSession(actions: readonly Action[]): SessionId | undefined {
  const first = actions[0]?.session
  return actions.every((action) => action.session === first) ? first : undefined
}

/** Actions whose whole command is one of its arguments: `sh -c COMMAND`. */
function exactActions(world: ProcessWorld, process: Process): Action[] {
  const found: Action[] = []
  for (const command of process.commands) found.push(...world.actionsOfCommand(command))
  return found
}

/** Arguments that may be a whole command, folded as actions' commands are; also without what harnesses put before it. */
export function commandsIn(argv: readonly string[]): string[] {
  const found: string[] = []
  for (const argument of argv.slice(1, 24)) {
    if (argument.length < 3) continue
    let command = folded(argument)
    found.push(command)
    for (let n = 0; n < 4; n += 1) {
      const prelude = preamble.exec(command)
      if (!prelude) break
      command = command.slice(prelude[0].length)
      if (command.length >= 3) found.push(command)
    }
  }
  return found
}

/** `cd /work && …`, `export A=b; …`: a harness sets the stage, then runs the command. */
const preamble = /^(?:cd|export|source|\.|set|unset|ulimit|umask|shopt|exec) [^;&|]{0,512}(?:&&|;) ?/

export function folded(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, 4_096)
}

function concludeAction(
  world: ProcessWorld,
  process: Process,
  evidence: SessionEvidence | undefined,
  parent: ProcessTie | undefined,
  exact: readonly Action[],
) {
  if (!evidence) return undefined
  const moment = { clock: process.clock, atMs: process.startMs, errorMs: 0 }
  const words = wordsOf(process)
  const candidates: Candidate<Action>[] = []
  for (const action of evidence.actions.values()) {
    const isParents = parent?.action === action
    if (!isParents && isFarOutside(world.offsets, moment, action) && !exact.includes(action)) continue
    const isExactOne = exact.includes(action)
    const kept = isParents && isKeptShell(process.parent)
    // What a process of the call starts later is the call's too; what a kept shell starts is another call's.
    const fit = fitInTime(world.offsets, moment, action, isParents ? (kept ? 2 ** -9 : 2 ** -1) : 2 ** -11)
    if (fit.bits < -10.5 && !isParents && !isExactOne) continue
    const features: Feature[] = [{ name: 'started while the call ran', weightBits: fit.bits }]
    if (isExactOne) features.push({ name: exactCommand, weightBits: 12 })
    else features.push(...spoken(action, words))
    if (isParents) features.push(inheritance(process, parent, kept))
    candidates.push({ what: action, features })
  }
  return weigh(
    candidates,
    (a, b) => a === b,
    () => false,
  )
}

type Words = { line: string; program: string; telling: readonly string[] }

function wordsOf({ argv, comm }: Process): Words {
  return {
    line: folded(argv.join(' ')),
    program: (argv[0] ?? comm).split('/').at(-1) ?? '',
    telling: argv.slice(1, 24).filter((argument) => argument.length >= 6),
  }
}

/** What of the process's own words the call has. */
function spoken(action: Action, { line, program, telling }: Words): Feature[] {
  if (line.length >= 4 && action.command.includes(line))
    return [{ name: 'its command line is in the call', weightBits: 7 }]
  if (program.length < 2 || !action.command.includes(program)) return []
  const named = telling.some((argument) => action.command.includes(argument))
  return [
    named
      ? { name: 'its program and an argument are in the call', weightBits: 5 }
      : { name: 'its program is in the call', weightBits: shells.test(program) ? 0.5 : 2 },
  ]
}

function inheritance(process: Process, tie: ProcessTie, kept: boolean): Feature {
  return kept
    ? { name: 'started by a shell of the call', weightBits: 1 }
    : { name: 'started by a process of the call', weightBits: tie.exact ? 9 : 6, detail: `pid ${process.ppid}` }
}

/** A shell without a command of its own is kept open by the harness: what it starts is not its first call's. */
function isKeptShell(process: Process | undefined): boolean {
  const program = (process?.argv[0] ?? process?.comm ?? '').split('/').at(-1)?.replace(/^-/, '') ?? ''
  return shells.test(program) && !(process?.argv.some((argument) => /^-[a-z]*c$/.test(argument)) ?? false)
}
