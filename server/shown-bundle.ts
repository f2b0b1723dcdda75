// A console that shows an evidence bundle: its facts go into an empty log, and then nothing can be added, asked or sent any more. Whoever made the
// file may be hostile: every line is parsed like anything that comes from outside.
import path from 'node:path'
import type pg from 'pg'
import { z } from 'zod'
import type { BundleBytes } from './bundle/bytes.ts'
import { layoutOf } from './bundle/layout.ts'
import type { LoggedEvent } from './bundle/lines.ts'
import { manifestBytes } from './bundle/manifest.ts'
import { verifyBundleFile, withBundleFile } from './bundle-file.ts'
import { ConfigError } from './config.ts'
import type { Pipeline } from './pipeline.ts'
import { AuditLink } from './protocol/audit.ts'
import { eventVersion } from './protocol/event.ts'
import { AtMs, EventId } from './protocol/ids.ts'
import { parseEvent } from './protocol/parse-event.ts'
import type { ShownBundle } from './protocol/shown-bundle.ts'
import { Trust } from './protocol/trust.ts'
import { requireEmptyLog, writeAuditExtract, writeLoggedEvents } from './store/write-bundle.ts'
import { ProblemError } from './web/problem.ts'

export const readOnlyReason = 'this console shows a bundle: nothing can be changed, asked or sent here'

/** In place of a check of the whole chain, of which a bundle has a part. */
export const extractOfAudit = {
  verify: async () => ({
    ok: false as const,
    checked: 0,
    n: 1,
    why: 'a bundle holds an extract of the chain, not the whole: "vigil verify" checks each entry of it',
  }),
}

const batchEvents = 2_000
/** Of one line: an event's data is far below it. */
const lineBytesMax = 8 * 1024 * 1024

/** What the log itself added to an event. */
const Place = z.looseObject({
  line: z.int(),
  partition: z.int(),
  seq: z.int().min(1),
  id: EventId,
  seenAtMs: AtMs,
  trust: Trust,
  source: z.string().max(512).optional(),
})

export type BundleToShow = { about: ShownBundle; fill(pool: pg.Pool, partition: number): Promise<void> }

/** Throws ConfigError with one line when it cannot be read, or nothing in it is signed. */
export function readBundleToShow(file: string, pin: string | undefined): BundleToShow {
  const verdict = verifyOrExplain(file, pin)
  const { manifest, damage } = verdict
  if (!manifest) throw new ConfigError(`${file} cannot be opened: ${damage[0]?.note ?? 'no signature fits'}`)
  const { of, madeAtMs, madeBy, key } = manifest
  const about: ShownBundle = {
    name: path.basename(file),
    ...(of.title !== undefined && { title: of.title }),
    madeAtMs,
    madeBy: madeBy.name,
    sessions: of.sessions,
    whole: verdict.whole,
    ...(damage[0] && { firstDamageAt: damage[0].at }),
    key,
    pin: verdict.pin,
    unreadable: 0,
  }
  const { parts } = layoutOf(manifest, manifestBytes(manifest).length)
  const partOf = (name: string) => {
    const part = parts.find((each) => each.name === name)
    return part ?? { at: 0, until: 0 }
  }
  return {
    about,
    async fill(pool, partition) {
      await requireEmptyLog(pool)
      let lastSeq = 0
      let batch: LoggedEvent[] = []
      const flush = async () => {
        if (batch.length > 0) await writeLoggedEvents(pool, partition, batch)
        batch = []
      }
      for (const line of linesOf(file, partOf('events.ndjson'))) {
        const event = loggedOf(line)
        // A log's numbers rise: a line out of order is none of it.
        if (event && event.seq > lastSeq) {
          batch.push(event)
          lastSeq = event.seq
        } else about.unreadable += 1
        if (batch.length >= batchEvents) await flush()
      }
      await flush()
      const links = [...linesOf(file, partOf('audit.ndjson'))].map((line) => AuditLink.safeParse(jsonOf(line)).data)
      about.unreadable += links.filter((link) => link === undefined).length
      await writeAuditExtract(
        pool,
        partition,
        links.filter((link) => link !== undefined),
      )
    },
  }
}

function verifyOrExplain(file: string, pin: string | undefined) {
  try {
    return verifyBundleFile(file, pin)
  } catch (error) {
    throw new ConfigError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** Undefined for what is no event of this version. */
function loggedOf(line: string): LoggedEvent | undefined {
  const json = jsonOf(line)
  const place = Place.safeParse(json)
  if (!place.success) return undefined
  const { v, kind, atMs, session, host, data } = place.data
  const parsed = parseEvent({ v, kind, atMs, id: place.data.id, session, host, data })
  if (!parsed.ok) return undefined
  const { event } = parsed
  const { partition, seq, id, seenAtMs, trust, source } = place.data
  return {
    partition,
    seq,
    id,
    seenAtMs,
    atMs: event.atMs,
    kind: event.kind,
    version: eventVersion,
    trust,
    session: event.session,
    host: event.host,
    source,
    dataJson: JSON.stringify(event.data),
  }
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/** Without their ends; what is longer than a line may be is passed over as one that cannot be read. */
function* linesOf(file: string, part: { at: number; until: number }): Generator<string> {
  const read = (at: number, length: number) => withBundleFile(file, (bytes: BundleBytes) => bytes.read(at, length))
  let rest = Buffer.alloc(0)
  for (let at = part.at; at < part.until; ) {
    const chunk = read(at, Math.min(1024 * 1024, part.until - at))
    if (chunk.length === 0) break
    at += chunk.length
    rest = Buffer.concat([rest, chunk])
    let from = 0
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10, from)) {
      yield rest.subarray(from, end).toString('utf8')
      from = end + 1
    }
    rest = rest.subarray(from)
    if (rest.length > lineBytesMax) rest = Buffer.from('too long')
  }
  if (rest.length > 0) yield rest.toString('utf8')
}

/**
 * The same state, and no way to change it: what the server itself would write (a flag, a sign-in) is left out, everything else is refused.
 */
export function readOnly(pipeline: Pipeline): Pipeline {
  const refuse = () => Promise.reject(new ProblemError(403, 'Read only', readOnlyReason))
  return {
    ...pipeline,
    state: pipeline.state,
    submit: ({ sender, events }) =>
      sender.type === 'vigil'
        ? Promise.resolve({ accepted: 0, duplicates: events.length, rejected: [], headSeq: 0 })
        : refuse(),
    command: refuse,
  }
}
