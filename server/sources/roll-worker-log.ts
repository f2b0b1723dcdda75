// Logs of ROLL's workers (Alibaba's reinforcement learning framework): what the trainer says of its own progress. It names no session.
//
// Known from source (roll/utils/logging.py, read at Quanshu01/ROLL and other forks of alibaba/ROLL): files `log_rank_NAME_RANK_WORLD.log`,
// lines `[2025-09-01 12:00:00] [file.py (123)] [INFO] [actor_train-0 0 / 8][PID 77] message`, local time without a zone, whole seconds.
// Assumed: the same parts in other common orders (`[time] [LEVEL] [file.py:123] message`, `time - name - LEVEL - message`), which other
// versions and plugins write; and what phase a message belongs to, from words in it.
import type { EventInput } from '../protocol/event.ts'
import { badTimeReason } from './event-draft.ts'
import { defined, hostOf, isObject, isoToMs, longText, numberOf, shortText } from './normal-values.ts'
import { jsonOfPython } from './python-json.ts'
import { createLogRecords, type LogRecord, levelOf, withoutColors, withoutRayPrefix } from './python-log.ts'
import type { RecordContext, RecordReader, RecordSink, RecordSource } from './record-source.ts'

type Head = {
  time: string
  level: string
  file: string | undefined
  worker: string | undefined
  address: string | undefined
  message: string
}

const time = String.raw`(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)`
const rollLine = new RegExp(
  String.raw`^\[${time}\] ?\[([^\s\]()]{1,120}) \(\d{1,7}\)\] ?\[([A-Z]{4,8})\] ?\[([^\]]{1,200})\] ?(?:\[PID \d{1,9}\])? ?(.*)$`,
  's',
)
const levelFirst = new RegExp(
  String.raw`^\[${time}\] ?\[([A-Z]{4,8})\] ?(?:\[([^\s\]]{1,120})\])? ?(?:-|:)? ?(.*)$`,
  's',
)
const dashed = new RegExp(String.raw`^${time} - ([^\s]{1,120}) - ([A-Z]{4,8}) - (.*)$`, 's')

export const rollWorkerLog: RecordSource = {
  format: 'roll-worker-log',
  title: 'ROLL worker log',
  trust: 'trainer',
  framing: 'lines',
  looksLike: (head, fileName) =>
    head.split('\n', 20).some((line) => rollLine.test(withoutRayPrefix(withoutColors(line.trimEnd())).line)) ||
    (/^log_rank_.+\.log$/.test(fileName) && head.split('\n', 20).some((line) => headOf(line.trimEnd()) !== undefined)),
  open: readWorkerLog,
}

function headOf(given: string): Head | undefined {
  const { line, actor, address } = withoutRayPrefix(withoutColors(given))
  const roll = rollLine.exec(line)
  if (roll) return head(roll[1], roll[3], roll[2], roll[4], roll[5], address)
  const bracketed = levelFirst.exec(line)
  if (bracketed && levelOf(bracketed[2]))
    return head(bracketed[1], bracketed[2], bracketed[3], actor, bracketed[4], address)
  const plain = dashed.exec(line)
  return plain ? head(plain[1], plain[3], plain[2], actor, plain[4], address) : undefined
}

function head(
  at: string | undefined,
  level: string | undefined,
  file: string | undefined,
  worker: string | undefined,
  message: string | undefined,
  address: string | undefined,
): Head | undefined {
  if (at === undefined || level === undefined) return undefined
  return { time: at, level, file, worker, address, message: message ?? '' }
}

function readWorkerLog(context: RecordContext): RecordReader<string> {
  let sink: RecordSink | undefined
  const records = createLogRecords(
    headOf,
    (record) => sink && tell(record, context, sink),
    (line) => sink?.skipped('line before the first record of the log', line),
  )
  const withSink = (given: RecordSink, work: () => void) => {
    sink = given
    work()
  }
  return {
    read: (line, given) => withSink(given, () => records.line(line)),
    idle: (given) => withSink(given, records.flush),
    end: (given) => withSink(given, records.flush),
  }
}

function tell({ head, message, identity }: LogRecord<Head>, context: RecordContext, sink: RecordSink): void {
  const atMs = isoToMs(head.time, context.zoneOffsetMinutes)
  if (atMs === undefined) return sink.refused(badTimeReason, identity)
  const numbers = numbersOf(message)
  const data = defined({
    phase: numbers === undefined ? phaseOf(message, head.file) : 'log',
    worker: shortText(head.worker),
    step: numbers?.step ?? stepOf(message),
    level: levelOf(head.level),
    message: longText(message),
    numbers: numbers?.values,
  })
  const event: EventInput = {
    v: 1,
    kind: 'trainer.reported',
    atMs,
    ...defined({ session: context.boundSession ?? context.session, host: hostOf(head.address) ?? context.host }),
    data,
  }
  sink.understood('log record', { events: [event], identity })
}

/** The first that fits decides. Words of roll/pipeline/agentic and roll/distributed/scheduler. */
const phases: readonly [string, RegExp][] = [
  ['checkpoint', /checkpoint|ckpt|save_state|saving model/i],
  ['model_update', /model[_ ]update/i],
  ['validation', /\bval(idation)?\b/i],
  ['reward', /\breward/i],
  ['reset', /\b(env_)?reset\b/i],
  ['rollout', /rollout|trajectory|get_batch/i],
  ['train', /train_step|actor_train|\btraining\b|\bloss\b/i],
  ['step', /\b(env_)?step\b/i],
]
/** Words are sought in the first line's beginning only: what follows may quote anything. */
const phaseCharsMax = 300

function phaseOf(message: string, file: string | undefined): string {
  const start = message.slice(0, phaseCharsMax)
  const tag = /^\[([A-Z][A-Z_]{2,40})\]/.exec(start)?.[1]
  if (tag !== undefined) return tag.toLowerCase()
  const [line = ''] = start.split('\n', 1)
  const found = phases.find(([, words]) => words.test(line))
  return found?.[0] ?? file?.replace(/(\.py)?(:\d+)?$/, '').slice(0, 128) ?? 'log'
}

function stepOf(message: string): number | undefined {
  const step = numberOf(/\b(?:global[_ ])?step[ =:]{1,3}(\d{1,12})\b/i.exec(message.slice(0, phaseCharsMax))?.[1])
  return step !== undefined && Number.isSafeInteger(step) ? step : undefined
}

const numbersMax = 128

/** Metrics are logged as one JSON object. */
function numbersOf(message: string): { step: number | undefined; values: Record<string, number> } | undefined {
  const at = message.indexOf('{')
  if (at === -1 || at > 64 || !message.trimEnd().endsWith('}')) return undefined
  const metrics = jsonOfPython(message.slice(at).trim())
  if (!isObject(metrics)) return undefined
  const values = new Map<string, number>()
  for (const [key, value] of Object.entries(metrics)) {
    if (
      typeof value === 'number' &&
      Number.isFinite(value) &&
      key.length <= 128 &&
      key !== '__proto__' &&
      values.size < numbersMax
    )
      values.set(key, value)
  }
  const step = values.get('system/step') ?? values.get('global_step') ?? values.get('step')
  return values.size === 0
    ? undefined
    : { step: Number.isSafeInteger(step) ? step : undefined, values: Object.fromEntries(values) }
}
