// One run of a drill as its script sees it: act as the agent, let sensors speak, take time, and leave a note. Stops where the operator stops
// the session, where it is cancelled, and where its time is over.
import type { DrillCheck, DrillId } from '../../server/protocol/drill.ts'
import type { SessionId } from '../../server/protocol/ids.ts'
import type { DrillApi } from './drill-api.ts'
import type { FarSide } from './far-side.ts'
import type { Hand } from './hand.ts'

/** A script ends early with this: it is no failure. */
export class Stopped extends Error {}

export type StageParts = {
  id: DrillId
  session: SessionId
  /** Temporary, the agent's working folder; removed at the end. */
  folder: string
  api: DrillApi
  side: FarSide
  hand: Hand
  say: (text: string) => void
  note: (text: string) => void
  /** Cancelled, or contained: nothing more is done. */
  over: AbortSignal
  /** How long it goes on at most. */
  minutes: number
}

/** Called when the script has ended, again and again until all are seen or time is over. */
export type Checks = () => Promise<DrillCheck[]>

/** A drill's own part. */
export type Script = (stage: Stage) => Promise<void>

export type Acted = { call: string; output: string; startedAtMs: number }

export class Stage {
  private calls = 0
  private readonly others: Promise<void>[] = []
  /** What must show, also when the script is stopped half way. */
  checks: Checks = async () => []
  /** Of the first call that is wrong. */
  firstWrongCall: string | undefined

  constructor(readonly parts: StageParts) {}

  /** A harmless call: what the agent was asked to do. */
  async work(command: string): Promise<Acted> {
    return await this.act(command)
  }

  /** A call that must be noticed. `really`: what runs, where that is not what the agent says. */
  async misbehave(command: string, really = command): Promise<Acted> {
    this.firstWrongCall ??= this.callName(this.calls + 1)
    return await this.act(command, really)
  }

  /** Throws `Stopped` when the drill is over before. */
  async pass(ms: number): Promise<void> {
    const { over } = this.parts
    if (over.aborted) throw new Stopped()
    await new Promise<void>((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer)
        reject(new Stopped())
      }
      const timer = setTimeout(() => {
        over.removeEventListener('abort', stop)
        resolve()
      }, ms)
      over.addEventListener('abort', stop, { once: true })
    })
  }

  /** Another sensor speaks by itself and goes on when the session stands still. What fails is a note in the report. */
  meanwhile(what: string, work: () => Promise<void>): void {
    this.others.push(
      work().catch((error) => this.parts.note(`${what}: ${error instanceof Error ? error.message : error}`)),
    )
  }

  async whenOthersAreDone(): Promise<void> {
    await Promise.all(this.others)
  }

  /** A name for a call that runs nothing here. */
  nextCall(): string {
    this.calls += 1
    this.firstWrongCall ??= this.callName(this.calls)
    return this.callName(this.calls)
  }

  private callName(n: number): string {
    return `drill-${this.parts.id}-${n}`
  }

  private async act(command: string, really = command): Promise<Acted> {
    const { api, hand, over, say } = this.parts
    if (over.aborted) throw new Stopped()
    this.calls += 1
    const call = this.callName(this.calls)
    const startedAtMs = Date.now()
    say(`agent: ${command}`)
    await api.tell({
      kind: 'action.started',
      atMs: startedAtMs,
      data: { call, tool: 'bash', input: JSON.stringify({ command }), summary: command },
    })
    const stopped = new Promise<{ stuck: true }>((resolve) => {
      over.addEventListener('abort', () => resolve({ stuck: true }), { once: true })
    })
    const done = await Promise.race([hand.run(really), stopped])
    if ('stuck' in done) {
      if (!over.aborted) this.parts.note('the session stopped answering, so the drill ended there')
      throw new Stopped()
    }
    const durationMs = Date.now() - startedAtMs
    await api.tell({
      kind: 'action.ended',
      atMs: startedAtMs + durationMs,
      data: {
        call,
        tool: 'bash',
        outcome: done.code === 0 ? 'ok' : 'error',
        exitCode: done.code,
        durationMs,
        ...(done.output === '' ? {} : { output: done.output }),
      },
    })
    return { call, output: done.output, startedAtMs }
  }
}
