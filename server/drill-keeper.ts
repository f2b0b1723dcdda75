// Drills of this server: starts one at a time as a child process, with a key of its own that is revoked when it ends, keeps what it says and
// what came of it. Past ones are read from the audit, where each has its beginning and its report. Which sessions are drills is known from
// here alone: a label is anybody's word.
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import type { Actor } from './protocol/actor.ts'
import { AuditBody, type AuditLink } from './protocol/audit.ts'
import { DrillId, DrillName, DrillReport, type DrillsAnswer, type DrillView } from './protocol/drill.ts'
import type { EventInput, StoredEvent } from './protocol/event.ts'
import { SessionId } from './protocol/ids.ts'

const askedChange = 'drill.asked'
const cancelledChange = 'drill.cancelled'
const startedChange = 'drill.started'
const finishedChange = 'drill.finished'
const pastKept = 200
const progressKept = 60
const lineMax = 2_000
const stopMs = 20_000
/** Beyond what it was given, a drill clears away. */
const graceMs = 3 * 60_000
const longestMs = 60 * 60_000
/** What sensors tell late of a drill that is over is of the drill still. */
const lateMs = 5 * 60_000

const Asked = z.object({ drill: DrillName, id: DrillId })
const Begun = z.object({ drill: DrillName, id: DrillId, session: SessionId })
const Progress = z.object({ progress: z.string() })

type Running = { view: DrillView; child: ChildProcess; timer: NodeJS.Timeout; ended: Promise<void> }

type Span = { fromMs: number; toMs?: number }
export type DrillSpan = { session: SessionId; untilMs: number }

export type DrillKeeperOptions = {
  /** The command line's program and first arguments; absent: it is not built. */
  program: readonly string[] | undefined
  url: string
  dataDir: string
  limits: () => string[]
  createKey: (name: string, by: Actor) => Promise<{ id: string; key: string }>
  revokeKey: (id: string, by: Actor) => Promise<void>
  submit: (event: EventInput) => Promise<unknown>
  /** A session that something was heard of before cannot become a drill. */
  isKnown: (session: SessionId) => boolean
  nowMs: () => number
  onError: (context: string, error: unknown) => void
}

export type DrillKeeper = ReturnType<typeof keepDrills>

export function keepDrills(options: DrillKeeperOptions, entries: readonly AuditLink[]) {
  const { nowMs, submit, onError } = options
  const drills = new Map<DrillId, DrillView>()
  /** Those that a server of this log started as its own child. */
  const asked = new Set<DrillId>()
  /** When each began, and ended as far as is known, by our clock. */
  const sessions = new Map<SessionId, Span>()
  let running: Running | undefined
  let starting = false
  let closed = false
  for (const { body } of [...entries].reverse()) {
    const read = AuditBody.safeParse(JSON.parse(body))
    if (read.success) remember(read.data.kind, read.data.data, read.data.by.name, read.data.seenAtMs)
  }
  // Those that a server before this one had started ended with it; what others run elsewhere is not known here.
  for (const view of drills.values())
    if (asked.has(view.id) && view.report === undefined) {
      view.state = 'ended'
      view.problem = 'the server stopped while it ran'
    }

  function remember(kind: string, data: Record<string, unknown>, by: string, seenAtMs: number): void {
    if (kind !== 'audit.recorded' || typeof data.detail !== 'string') return
    if (data.change === askedChange) {
      const read = Asked.safeParse(jsonOf(data.detail))
      if (!read.success) return
      asked.add(read.data.id)
      if (!drills.has(read.data.id)) put({ ...read.data, by, startedAtMs: seenAtMs, state: 'running', progress: [] })
    } else if (data.change === startedChange) {
      const begun = Begun.safeParse(jsonOf(data.detail))
      if (!begun.success) return
      const { id, drill, session } = begun.data
      sessions.set(session, { fromMs: seenAtMs })
      const known = drills.get(id)
      if (known) known.session = session
      else put({ id, drill, session, by, startedAtMs: seenAtMs, state: 'running', progress: [] })
    } else if (data.change === finishedChange) {
      const report = DrillReport.safeParse(jsonOf(data.detail))
      const known = report.success ? drills.get(report.data.id) : undefined
      if (!report.success || !known) return
      known.report = report.data
      const span = sessions.get(report.data.session)
      if (span) span.toMs = seenAtMs
      if (running?.view !== known) known.state = 'ended'
    }
  }

  function put(view: DrillView): void {
    drills.set(view.id, view)
    for (const old of drills.values()) {
      if (drills.size <= pastKept) return
      drills.delete(old.id)
    }
  }

  /** Of a drill that runs elsewhere nobody here knows whether it goes on: without a report, and not ours, it is told as without one. */
  function shown(view: DrillView): DrillView {
    if (view === running?.view || view.state === 'ended') return view
    const isOld = nowMs() - view.startedAtMs > longestMs + graceMs
    return isOld ? { ...view, state: 'ended', problem: 'it wrote no report' } : view
  }

  const audited = async (by: Actor, change: string, subject: string, detail: object, session?: SessionId) => {
    await submit({
      v: 1,
      kind: 'audit.recorded',
      atMs: nowMs(),
      ...(session !== undefined && { session }),
      data: { by, change, subject, detail: JSON.stringify(detail) },
    })
  }

  async function start(drill: DrillName, minutes: number, by: Actor): Promise<{ id: DrillId } | { refused: string }> {
    const { program } = options
    if (program === undefined) return { refused: 'the command line is not built: run "npm run build"' }
    if (running || starting || closed) return { refused: 'a drill is running: one at a time' }
    starting = true
    try {
      const id = DrillId.parse(randomBytes(4).toString('hex'))
      const key = await options.createKey(`drill ${drill} ${id}`, by)
      const view: DrillView = { id, drill, by: by.name, startedAtMs: nowMs(), state: 'running', progress: [] }
      put(view)
      await audited(by, askedChange, `${drill} ${id}`, { drill, id })
      begin(view, program, minutes, key, by)
      return { id }
    } finally {
      starting = false
    }
  }

  function begin(
    view: DrillView,
    program: readonly string[],
    minutes: number,
    key: { id: string; key: string },
    by: Actor,
  ): void {
    const [file = '', ...first] = program
    const args = [...first, 'drill', view.drill, '--id', view.id, '--minutes', String(minutes), '--progress']
    // A group of its own: a Ctrl-C for the server reaches it through `close`, once.
    const child = spawn(file, args, { env: environment(key.key), stdio: ['pipe', 'pipe', 'pipe'], detached: true })
    let trouble = ''
    child.stdin?.on('error', () => undefined)
    child.stderr?.on('data', (chunk: Buffer) => {
      trouble = (trouble + chunk.toString('utf8')).slice(-lineMax)
    })
    if (child.stdout)
      createInterface({ input: child.stdout }).on('line', (line) => {
        const said = Progress.safeParse(jsonOf(line.slice(0, lineMax)))
        if (!said.success) return
        view.progress.push({ atMs: nowMs(), text: said.data.progress })
        if (view.progress.length > progressKept) view.progress.shift()
      })
    const timer = setTimeout(() => child.kill('SIGTERM'), minutes * 60_000 + graceMs)
    const ended = new Promise<void>((resolve) => {
      const end = (problem: string) => {
        clearTimeout(timer)
        if (view.state === 'ended') return resolve()
        view.state = 'ended'
        running = undefined
        if (view.report === undefined) view.problem = trouble.trim().split('\n').at(-1) || problem
        options
          .revokeKey(key.id, by)
          .catch((error) => onError('revoke the key of a drill', error))
          .finally(resolve)
      }
      child.once('error', (error) => end(error.message))
      child.once('exit', (code, signal) => end(`it ended without a report (${signal ?? `exit ${code}`})`))
    })
    running = { view, child, timer, ended }
  }

  function environment(key: string): NodeJS.ProcessEnv {
    const { PATH, HOME, LANG, TMPDIR, NODE_ENV } = process.env
    return { PATH, HOME, LANG, TMPDIR, NODE_ENV, VIGIL_URL: options.url, VIGIL_DATA: options.dataDir, VIGIL_KEY: key }
  }

  return {
    start,
    list(): DrillsAnswer {
      const past = [...drills.values()]
        .filter((view) => view !== running?.view)
        .map(shown)
        .sort((a, b) => b.startedAtMs - a.startedAtMs)
      return {
        limits: options.limits(),
        ...(options.program === undefined && { cannotRun: 'the command line is not built: run "npm run build"' }),
        ...(running && { running: running.view }),
        past,
      }
    },
    sessions: (): SessionId[] => [...sessions.keys()],
    /** Until when what is seen of each session is of its drill. */
    spans: (): DrillSpan[] => [...sessions].map(([session, span]) => ({ session, untilMs: untilOf(span) })),
    /**
     * Whether what was seen of it then was of the drill: whoever writes into its session afterwards is no rehearsal. Undefined: nobody knows
     * when it was, and then it is taken for one.
     */
    wasDrillAt(session: SessionId, seenAtMs: number | undefined): boolean {
      const span = sessions.get(session)
      return span !== undefined && (seenAtMs === undefined || seenAtMs <= untilOf(span))
    },
    /** False when that drill does not run here. */
    async cancel(id: DrillId, by: Actor): Promise<boolean> {
      if (running?.view.id !== id) return false
      running.child.kill('SIGTERM')
      await audited(by, cancelledChange, `${running.view.drill} ${id}`, { id }, running.view.session)
      return true
    },
    async begun(id: DrillId, drill: DrillName, session: SessionId, by: Actor): Promise<boolean> {
      const known = drills.get(id)
      if (known?.session !== undefined || (known && known.drill !== drill)) return false
      if (session !== `drill-${drill}-${id}` || options.isKnown(session)) return false
      await audited(by, startedChange, `${drill} ${id}`, { drill, id, session }, session)
      return true
    },
    /** False when no drill of this id and session waits for its report. */
    async finished(report: DrillReport, by: Actor): Promise<boolean> {
      const known = drills.get(report.id)
      if (!known || known.session !== report.session || known.drill !== report.drill || known.report) return false
      await audited(by, finishedChange, `${report.drill} ${report.id}: ${report.outcome}`, report, report.session)
      return true
    },
    take(event: StoredEvent): void {
      if (event.kind === 'audit.recorded') remember(event.kind, event.data, event.data.by.name, event.seenAtMs)
    },
    /** Cancels what runs and waits until it has cleared away. */
    async close(): Promise<void> {
      closed = true
      const last = running
      if (!last) return
      last.child.kill('SIGTERM')
      const force = setTimeout(() => last.child.kill('SIGKILL'), stopMs)
      await last.ended
      clearTimeout(force)
    },
  }
}

function untilOf({ fromMs, toMs }: Span): number {
  return toMs === undefined ? fromMs + longestMs + graceMs : toMs + lateMs
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
