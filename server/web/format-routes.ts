// `POST /api/ingest/{format}`: the text or bytes of another tool, read here. `POST /api/ingest/parsed/{format}`: the same facts, read by
// `vigil import` where the files are. Both are answered only after commit, with what became of every record.
import { isUtf8 } from 'node:buffer'
import { createRoute, z } from '@hono/zod-openapi'
import type { Actor } from '../protocol/actor.ts'
import { HostId, SessionId } from '../protocol/ids.ts'
import { ImportTold } from '../protocol/job.ts'
import { parseEvent } from '../protocol/parse-event.ts'
import { GpuSample } from '../protocol/sample.ts'
import { FormatView } from '../protocol/source-view.ts'
import type { ApiApp } from './api-app.ts'
import type { BodyBudget } from './body-budget.ts'
import { type Delivered, type DeliveryPorts, deliverFacts, trustOfFacts } from './deliver-facts.ts'
import { actorOf, bodyLimitsOf, type Caller, requireScope, senderOf } from './identity.ts'
import type { Formats, IntakeReport } from './ports.ts'
import { ProblemError } from './problem.ts'
import { SourceName, sourceNameOf } from './source-name.ts'

/** Bytes read before others get a turn of the event loop: about 5 ms of work. */
const bytesPerTurn = 64 * 1024
const linesPerTurn = 500
const importLineMax = 4_096

const Counted = z.object({ reason: z.string(), count: z.number(), example: z.string() })
const IngestAnswer = z.object({
  accepted: z.number().describe('events that are durable now, repeats of known records included'),
  duplicates: z.number().describe('of those, the ones that were in the log before'),
  rejected: z.number().describe('records refused, and events that the log did not admit'),
  errors: z.array(z.object({ line: z.number(), reason: z.string() })).describe('the first 100'),
  records: z.number().describe('understood + skipped + refused'),
  understood: z.array(z.object({ what: z.string(), count: z.number() })),
  skipped: z.array(Counted).describe('known, and no fact for Vigil; with the first example of each reason'),
  refused: z.array(Counted).describe('meant as a fact and wrong; with the first example of each reason'),
  events: z.number(),
  samples: z.number().describe('GPU readings'),
})
type IngestAnswer = z.infer<typeof IngestAnswer>

const Query = z.object({
  source: SourceName.optional().describe('which of your sensors this is; default: the name of the key'),
  host: HostId.optional().describe('for records that name no host'),
  session: SessionId.optional().describe('for records that name no session'),
  recordedAtMs: z.coerce.number().optional().describe('for records without a time of their own'),
  zoneOffsetMinutes: z.coerce
    .number()
    .int()
    .min(-1_440)
    .max(1_440)
    .optional()
    .describe('of times without a zone, east of UTC'),
  fileName: z.string().max(255).optional(),
})

const answer200 = {
  description: 'every accepted event is durable',
  content: { 'application/json': { schema: IngestAnswer } },
}
const answer503 = { description: 'not everything could be made durable: send the same again, nothing is doubled' }

const formatRoute = createRoute({
  method: 'post',
  path: '/api/ingest/{format}',
  summary: 'Append the records of another tool, in its own format (gzip allowed); GET /api/formats lists them',
  request: { params: z.object({ format: z.string().max(64) }), query: Query },
  responses: { 200: answer200, 503: answer503 },
})

const parsedRoute = createRoute({
  method: 'post',
  path: '/api/ingest/parsed/{format}',
  summary:
    'What `vigil import` read elsewhere: one JSON line each of {event}, {sample}, {refused}, one {report}; first {import}, where it is one of many',
  request: { params: z.object({ format: z.string().max(64) }), query: Query.pick({ source: true }) },
  responses: { 200: answer200, 503: answer503 },
})

const listRoute = createRoute({
  method: 'get',
  path: '/api/formats',
  summary: 'Formats that can be ingested',
  responses: {
    200: {
      description: 'formats',
      content: { 'application/json': { schema: z.object({ formats: z.array(FormatView) }) } },
    },
  },
})

const Count = z.int().min(0)
const Reasons = z.array(z.object({ reason: z.string().max(512), count: Count, example: z.string().max(512) })).max(60)
const ParsedLine = z.union([
  z.strictObject({ event: z.unknown() }),
  z.strictObject({ sample: z.unknown() }),
  z.strictObject({ refused: z.strictObject({ line: Count, reason: z.string().max(512), raw: z.string().max(2_000) }) }),
  z.strictObject({ import: ImportTold }),
  z.strictObject({
    report: z.strictObject({
      records: Count,
      understood: z.array(z.strictObject({ what: z.string().max(128), count: Count })).max(60),
      skipped: Reasons,
      refused: Reasons,
      events: Count,
      samples: Count,
      bytes: Count,
      lines: Count,
    }),
  }),
])

/** Where an import that runs elsewhere is followed. */
export type ImportsPort = {
  began(about: { by: Actor; source: string }, told: ImportTold): Promise<'take' | 'cancelled'>
  took(about: { by: Actor; source: string }, told: ImportTold): void
}

export function formatRoutes(formats: Formats, ports: DeliveryPorts, budget: BodyBudget, imports: ImportsPort) {
  return (app: ApiApp): void => {
    app.openapi(listRoute, (c) => {
      requireScope(c.get('caller'), 'read')
      return c.json({ formats: formats.list() }, 200)
    })
    app.openapi(parsedRoute, async (c) => {
      const caller = requireScope(c.get('caller'), 'ingest')
      const { format } = c.req.valid('param')
      const { source } = c.req.valid('query')
      const delivery = deliveryFor(caller, format, source)
      const answer = await budget.withBody(c.env.incoming, bodyLimitsOf(caller), async (body) => {
        // A list of long work that an agent could fill is no list: only keys that speak for no session are followed.
        const told = caller.type === 'key' && caller.key.session === undefined ? importOf(body) : undefined
        const about = { by: actorOf(caller), source: `${format}/${source ?? sourceNameOf(caller)}` }
        if (told && (await imports.began(about, told)) === 'cancelled')
          throw new ProblemError(
            409,
            'Cancelled',
            'this import was cancelled in the console: what was sent before is in the log, and nothing more is taken',
          )
        const taken = await takeParsed(body, delivery)
        if (told) imports.took(about, told)
        return taken
      })
      return c.json(answer, 200)
    })
    app.openapi(formatRoute, async (c) => {
      const caller = requireScope(c.get('caller'), 'ingest')
      const { format } = c.req.valid('param')
      const query = c.req.valid('query')
      const delivery = deliveryFor(caller, format, query.source)
      const sender = senderOf(caller)
      const bound = sender.type === 'source' ? sender : undefined
      const intake = formats.open(
        format,
        {
          nowMs: ports.clock.nowMs(),
          recordedAtMs: query.recordedAtMs,
          zoneOffsetMinutes: query.zoneOffsetMinutes,
          host: bound?.host ?? query.host,
          session: query.session,
          boundSession: bound?.session,
          fileName: query.fileName,
        },
        delivery,
      )
      if (!intake) throw unknownFormat(format)
      const answer = await budget.withBody(c.env.incoming, bodyLimitsOf(caller), async (body) => {
        for (let start = 0; start < body.length; start += bytesPerTurn) {
          intake.push(body.subarray(start, start + bytesPerTurn))
          await delivery.breathe()
        }
        intake.end()
        return answerOf(await delivery.finish(intake.counts), intake.counts())
      })
      return c.json(answer, 200)
    })
  }

  function deliveryFor(caller: Caller, format: string, named: string | undefined) {
    const known = formats.get(format)
    if (!known) throw unknownFormat(format)
    const name = named ?? sourceNameOf(caller)
    const sourceId = ports.sources.idOf(format, name)
    return deliverFacts(ports, { sender: senderOf(caller), trust: trustOfFacts(caller, known), sourceId })
  }

  function unknownFormat(format: string): ProblemError {
    const names = formats.list().map((each) => each.format)
    return new ProblemError(
      404,
      'Unknown format',
      `${JSON.stringify(format.slice(0, 64))} is none of: ${names.join(', ')}`,
    )
  }
}

function answerOf(delivered: Delivered, report: IntakeReport): IngestAnswer {
  const { records, understood, skipped, refused, events } = report
  return { ...delivered, records, understood, skipped, refused, events }
}

/** Lines that a key holder made are judged like any: each event and reading against its schema. */
async function takeParsed(body: Buffer, delivery: ReturnType<typeof deliverFacts>): Promise<IngestAnswer> {
  const total: IntakeReport = {
    records: 0,
    understood: [],
    skipped: [],
    refused: [],
    events: 0,
    samples: 0,
    bytes: 0,
    lines: 0,
  }
  let line = 0
  for (let start = 0; start < body.length; ) {
    const newline = body.indexOf(0x0a, start)
    const end = newline === -1 ? body.length : newline
    const bytes = body.subarray(start, end)
    start = end + 1
    line += 1
    if (line % linesPerTurn === 0) await delivery.breathe()
    if (bytes.length === 0) continue
    const fault = takeLine(bytes, line, delivery, total)
    if (fault !== undefined) delivery.refused({ line, reason: fault, raw: bytes.toString('utf8', 0, 2_000) })
  }
  return answerOf(await delivery.finish(() => total), total)
}

/** What a batch says first of the import that it is a part of. */
function importOf(body: Buffer): ImportTold | undefined {
  if (!body.subarray(0, 10).equals(Buffer.from('{"import":'))) return undefined
  const end = body.indexOf(0x0a)
  if (end === -1 || end > importLineMax) return undefined
  try {
    return z.strictObject({ import: ImportTold }).parse(JSON.parse(body.toString('utf8', 0, end))).import
  } catch {
    // Not one: it is refused as a line where the lines are read.
    return undefined
  }
}

function takeLine(
  bytes: Buffer,
  line: number,
  delivery: ReturnType<typeof deliverFacts>,
  total: IntakeReport,
): string | undefined {
  if (!isUtf8(bytes)) return 'line is not valid UTF-8'
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8'))
  } catch {
    return 'line is not valid JSON'
  }
  const parsed = ParsedLine.safeParse(value)
  if (!parsed.success) return 'line is none of {event}, {sample}, {refused}, {report}, {import}'
  if ('event' in parsed.data) {
    const event = parseEvent(parsed.data.event)
    if (!event.ok) return event.reason
    delivery.event(event.event, line)
  } else if ('sample' in parsed.data) {
    const sample = GpuSample.safeParse(parsed.data.sample)
    if (!sample.success) return 'reading does not fit its schema'
    delivery.sample(sample.data)
  } else if ('refused' in parsed.data) delivery.refused(parsed.data.refused)
  else if ('report' in parsed.data) Object.assign(total, parsed.data.report)
  return undefined
}
