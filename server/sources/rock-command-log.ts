// `command.log` of ROCK's sandboxes (Alibaba): every command that a client ran in a sandbox, as the sandbox's own server wrote it down. One
// sandbox is one session. Commands and outputs in it are the agent's: hostile text, over as many lines as it likes.
//
// Known from source (alibaba/ROCK, rock/logger.py and rock/rocklet/rocklet.py, versions of 2025 and 2026): lines
// `2026-03-19T15:02:10.123+08:00 INFO:rocklet.py:148 [command] [SANDBOX] [TRACE] -- [run_in_session input][SHELL]:COMMAND`; the trace is one
// HTTP request, so one command; an exit code is written only when it is not 0; `execute` writes none. In older ones the shell is absent.
// What an output prints can look like a line of the log: the log does not tell them apart, and neither can we.
import type { EventInput } from '../protocol/event.ts'
import type { SessionId } from '../protocol/ids.ts'
import { badTimeReason, endedData, startedData } from './event-draft.ts'
import { eventIdOf } from './event-id.ts'
import { isoToMs, numberOf, sessionOf, shortText } from './normal-values.ts'
import { createLogRecords, type LogRecord, withoutColors } from './python-log.ts'
import type { RecordContext, RecordReader, RecordSink, RecordSource } from './record-source.ts'

type Head = { time: string; sandbox: string; trace: string; message: string }

const linePattern =
  /^(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?) [A-Z]{4,8}:[^\s:]{1,120}:\d{1,7} \[([^\]]{1,120})\] \[([^\]]{0,128})\] (?:\[([^\]]{0,128})\] )?-- ?(.*)$/s
const messagePattern =
  /^\[(create_session|close_session|run_in_session|execute|read_file|write_file|upload)(?: ([a-z_]{1,20}))?\](?:\[([^\]]{0,200})\])?: ?(.*)$/s

export const rockCommandLog: RecordSource = {
  format: 'rock-command-log',
  title: 'ROCK command log',
  trust: 'trainer',
  framing: 'lines',
  looksLike: (head) => head.split('\n', 20).some((line) => commandHead(line.trimEnd()) !== undefined),
  open: (context) => new CommandLog(context),
}

function headOf(given: string): Head | undefined {
  const match = linePattern.exec(withoutColors(given))
  if (!match) return undefined
  const [, time = '', , sandbox = '', trace = '', message = ''] = match
  return { time, sandbox, trace, message }
}

function commandHead(line: string): Head | undefined {
  const head = headOf(line)
  return head !== undefined && messagePattern.test(head.message) ? head : undefined
}

type Command = { call: string; tool: string; atMs: number }
/** Output that may still get its exit code from the next record. */
type Result = {
  key: string
  operation: string
  session: SessionId
  output: string
  atMs: number
  identity: string
  started: EventInput[]
}

const waitingMax = 1_000
const sandboxesMax = 10_000

class CommandLog implements RecordReader<string> {
  readonly #context: RecordContext
  readonly #records = createLogRecords<Head>(
    headOf,
    (record) => this.#tell(record),
    (line) => this.#sink?.skipped('line before the first record of the log', line),
  )
  /** Commands without an end, by request. The oldest falls out: its end is then told without its beginning. */
  readonly #commands = new Map<string, Command>()
  readonly #sandboxes = new Set<string>()
  #sink: RecordSink | undefined
  #result: Result | undefined

  constructor(context: RecordContext) {
    this.#context = context
  }

  read(line: string, sink: RecordSink): void {
    this.#sink = sink
    this.#records.line(line)
  }

  idle(sink: RecordSink): void {
    this.end(sink)
  }

  end(sink: RecordSink): void {
    this.#sink = sink
    this.#records.flush()
    this.#finishResult()
  }

  #tell({ head, message, identity }: LogRecord<Head>): void {
    const sink = this.#sink
    if (sink === undefined) return
    const match = messagePattern.exec(message)
    const [, operation = '', part, shell = '', text = ''] = match ?? []
    const key = head.trace !== '' ? `trace ${head.trace}` : `shell ${head.sandbox} ${shell} ${operation}`
    const follows = this.#result?.key === key
    if (!follows) this.#finishResult()
    if (!match) return sink.skipped('record of the sandbox that is no command', message.slice(0, 80))
    const { boundSession, session: sent, zoneOffsetMinutes } = this.#context
    const atMs = isoToMs(head.time, zoneOffsetMinutes)
    if (atMs === undefined) return sink.refused(badTimeReason, identity)
    const session = boundSession ?? (head.sandbox === '' ? sent : sessionOf(head.sandbox))
    if (session === undefined)
      return sink.refused('command of a sandbox without an id that can name a session', identity)
    const started = this.#sessionStart(session, head.sandbox, atMs)
    const tellStart = (what: string, events: EventInput[]) =>
      sink.understood(what, { events: [...started, ...events], identity })

    if (part === 'input' || part === 'source') {
      const tool = operation === 'run_in_session' || operation === 'execute' ? 'shell' : operation
      const call = callId(head, identity)
      this.#remember(key, { call, tool, atMs })
      return tellStart('command', [
        { v: 1, kind: 'action.started', atMs, session, data: startedData({ tool, input: text }, call, {}) },
      ])
    }
    if (part === 'output' || part === 'stdout' || part === 'stderr') {
      const before = follows ? this.#result : undefined
      if (before !== undefined) sink.skipped('output: told with what follows it', before.output.slice(0, 80))
      const output = before === undefined ? text : `${before.output}\n${text}`
      this.#result = {
        key,
        operation,
        session,
        output,
        atMs,
        identity,
        started: [...(before?.started ?? []), ...started],
      }
      return
    }
    if (part === 'exit_code' || part === 'failure_reason') {
      const before = this.#result
      this.#result = undefined
      if (before !== undefined) sink.skipped('output: told with what follows it', before.output.slice(0, 80))
      const code = part === 'exit_code' ? numberOf(text) : undefined
      const exitCode = code !== undefined && Number.isSafeInteger(code) ? code : undefined
      const output = [before?.output, part === 'failure_reason' ? text : undefined].filter(
        (piece) => piece !== undefined,
      )
      return tellStart('exit', [
        ...(before?.started ?? []),
        ...this.#ended(key, session, atMs, output.join('\n'), 'error', exitCode),
      ])
    }
    // Whether the write succeeded is not logged.
    if (part === 'content') return tellStart('content', this.#ended(key, session, atMs, '', 'unknown', undefined))
    if (started.length > 0) return tellStart('session', [])
    sink.skipped('shell opened or closed, or target of an upload', message.slice(0, 80))
  }

  /** The sandbox is seen for the first time. Its id does not hold the record: a log that begins later makes the same event. */
  #sessionStart(session: SessionId, sandbox: string, atMs: number): EventInput[] {
    if (this.#sandboxes.has(session) || this.#sandboxes.size >= sandboxesMax) return []
    this.#sandboxes.add(session)
    const id = eventIdOf(this.#context.boundSession ?? '', 'rock-command-log', 'sandbox', session)
    const name = shortText(sandbox) ?? session
    const data = { name, agent: 'ROCK sandbox', held: 'none' as const, abilities: [], labels: { sandbox: name } }
    return [{ v: 1, kind: 'session.started', id, atMs, session, data }]
  }

  #remember(key: string, command: Command): void {
    this.#commands.delete(key)
    this.#commands.set(key, command)
    if (this.#commands.size <= waitingMax) return
    const [oldest] = this.#commands.keys()
    if (oldest !== undefined) this.#commands.delete(oldest)
  }

  /** No exit code followed: it was 0 in a shell, and is not known of `execute`. */
  #finishResult(): void {
    const result = this.#result
    if (result === undefined) return
    this.#result = undefined
    const outcome = result.operation === 'execute' ? 'unknown' : 'ok'
    const ended = this.#ended(result.key, result.session, result.atMs, result.output, outcome, undefined)
    this.#sink?.understood('output', { events: [...result.started, ...ended], identity: result.identity })
  }

  #ended(
    key: string,
    session: SessionId,
    atMs: number,
    output: string,
    outcome: 'ok' | 'error' | 'unknown',
    exitCode: number | undefined,
  ): EventInput[] {
    const command = this.#commands.get(key)
    this.#commands.delete(key)
    const durationMs = command !== undefined && atMs >= command.atMs ? atMs - command.atMs : undefined
    const call = command?.call ?? callId({ trace: key.replace(/^trace /, '') }, key)
    const action = { tool: command?.tool ?? 'shell', output: output === '' ? undefined : output, outcome }
    const data = endedData(action, call, undefined, durationMs)
    if (exitCode !== undefined) data.exitCode = exitCode
    return [{ v: 1, kind: 'action.ended', atMs, session, data }]
  }
}

/** The request's trace; without one, what the record says. */
function callId({ trace }: { trace: string }, identity: string): string {
  return trace === '' ? eventIdOf('rock-command-log', 'call', identity) : `trace ${trace.slice(0, 200)}`
}
