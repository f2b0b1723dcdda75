// Evidence bundles over HTTP: made on demand, streamed, never kept. They hold everything in the clear, so a viewer may not have one.
import { Readable } from 'node:stream'
import { createRoute, z } from '@hono/zod-openapi'
import { type BundleManifest, type BundleSubject, bundleTitleMax } from '../bundle/manifest.ts'
import type { Actor } from '../protocol/actor.ts'
import { AtMs, earliestAtMs, SessionId } from '../protocol/ids.ts'
import { IncidentId } from '../protocol/incident.ts'
import { cutText } from '../protocol/text.ts'
import type { ApiApp, ApiContext } from './api-app.ts'
import { actorOf, requireScope } from './identity.ts'
import { ProblemError } from './problem.ts'

/** What is made: open, and gone once it is closed. */
type Made = {
  file: { createReadStream(options: { start: number }): Readable }
  bytes: number
  manifest: BundleManifest
}
type NotMade = { why: 'busy' | 'unknown' | 'too-large'; detail: string }

export type BundlePort = {
  publicKey: string
  make(of: BundleSubject, by: Actor): Promise<Made | NotMade>
}

const sessionsMax = 200
const Time = z.coerce.number().pipe(AtMs).optional()
const oneOrMore = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (typeof value === 'string' ? [value] : value), z.array(schema).min(1).max(sessionsMax))

const bundleRoute = createRoute({
  method: 'get',
  path: '/api/bundle',
  summary: 'An evidence bundle of these sessions: one file, signed, for `vigil verify` and `vigil open`',
  description: 'Nothing in it is masked. Needs the right to control; that it was made is written in the audit.',
  request: {
    query: z.object({
      session: oneOrMore(SessionId)
        .openapi({ type: 'array', items: { type: 'string' } })
        .describe('may be repeated'),
      from: Time.describe('first moment, by the server’s clock, Unix milliseconds'),
      to: Time.describe('last moment'),
    }),
  },
  responses: { 200: { description: 'a tar archive', content: { 'application/x-tar': { schema: z.string() } } } },
})

const incidentRoute = createRoute({
  method: 'get',
  path: '/api/incidents/{id}/bundle',
  summary: 'An evidence bundle of an incident: its sessions from a while before the first evidence on',
  request: { params: z.object({ id: IncidentId }) },
  responses: { 200: { description: 'a tar archive', content: { 'application/x-tar': { schema: z.string() } } } },
})
/** What led to it is evidence too. */
const beforeMs = 15 * 60_000

const keyRoute = createRoute({
  method: 'get',
  path: '/api/bundle-key',
  summary: 'The public key that signs this installation’s bundles: keep it where a forger cannot change it',
  responses: {
    200: {
      description: 'Ed25519, raw, in hex',
      content: { 'application/json': { schema: z.object({ algorithm: z.literal('ed25519'), key: z.string() }) } },
    },
  },
})

/**
 * Makes a bundle and answers with it. Whoever has a list of sessions and a title calls this: sessions today, incidents as well.
 */
export async function answerBundle(
  c: ApiContext,
  { bundles, recordAudit }: BundleRoutesOptions,
  of: BundleSubject,
): Promise<Response> {
  const by = actorOf(requireScope(c.get('caller'), 'control'))
  if (c.req.method === 'HEAD') throw new ProblemError(405, 'Only GET', 'a bundle is made when it is fetched')
  await noteBundle(recordAudit, by, of)
  const made = await bundles.make(of, by)
  if ('why' in made) throw problemOf(made)
  const { file, bytes, manifest } = made
  return c.body(Readable.toWeb(file.createReadStream({ start: 0 })) as ReadableStream, 200, {
    'content-type': 'application/x-tar',
    'content-length': String(bytes),
    'content-disposition': `attachment; filename="${bundleName(of, manifest)}"`,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
}

/** Before it is made: evidence that left must not be able to leave unseen. */
export async function noteBundle(
  recordAudit: BundleRoutesOptions['recordAudit'],
  by: Actor,
  { sessions, incident }: BundleSubject,
): Promise<void> {
  const more = sessions.length > 3 ? ` and ${sessions.length - 3} more` : ''
  await recordAudit(by, 'bundle.made', `${incident ?? ''} ${sessions.slice(0, 3).join(', ')}${more}`.trim())
}

export function bundleName({ incident, sessions }: BundleSubject, { madeAtMs }: BundleManifest): string {
  return `vigil-${(incident ?? sessions[0] ?? 'bundle').replace(/[^\w.-]/g, '_').slice(0, 80)}-${madeAtMs}.tar`
}

export function subjectOfSessions(asked: {
  sessions: readonly SessionId[]
  fromMs?: number | undefined
  toMs?: number | undefined
}): BundleSubject {
  const { fromMs, toMs } = asked
  return {
    sessions: [...new Set(asked.sessions)],
    ...(fromMs !== undefined && { fromMs }),
    ...(toMs !== undefined && { toMs }),
  }
}

/** Throws where there is no such incident, or nothing in it to bundle. */
export function subjectOfIncident(incidentOf: BundleRoutesOptions['incidentOf'], id: IncidentId): BundleSubject {
  const found = incidentOf(id)
  if (!found) throw new ProblemError(404, 'No such incident', 'it may have been resolved long ago: it is in the log')
  const { sessions, title, firstAtMs, detectedAtMs } = found
  if (sessions.length === 0)
    throw new ProblemError(
      422,
      'No session',
      'nothing of this incident is tied to a session: there is nothing to bundle',
    )
  // The first evidence is by the clock of its source, which may be an agent's, and the bundle's window by ours: a clock that is ahead hides nothing.
  const fromMs = Math.max(earliestAtMs, Math.min(firstAtMs, detectedAtMs) - beforeMs)
  return { sessions, incident: id, title: cutText(title, bundleTitleMax), fromMs }
}

function problemOf({ why, detail }: NotMade): ProblemError {
  if (why === 'busy') return new ProblemError(429, 'Busy', detail)
  if (why === 'unknown') return new ProblemError(404, 'No such session', detail)
  return new ProblemError(422, 'Too large', detail)
}

export type BundleRoutesOptions = {
  bundles: BundlePort
  recordAudit: (by: Actor, change: string, subject: string) => Promise<void>
  incidentOf: (
    id: IncidentId,
  ) => { title: string; sessions: SessionId[]; firstAtMs: number; detectedAtMs: number } | undefined
}

export function bundleRoutes(options: BundleRoutesOptions) {
  return (app: ApiApp): void => {
    app.openapi(bundleRoute, (c) => {
      const { session, from, to } = c.req.valid('query')
      return answerBundle(c, options, subjectOfSessions({ sessions: session, fromMs: from, toMs: to }))
    })
    app.openapi(incidentRoute, (c) => {
      requireScope(c.get('caller'), 'control')
      return answerBundle(c, options, subjectOfIncident(options.incidentOf, c.req.valid('param').id))
    })
    app.openapi(keyRoute, (c) => {
      requireScope(c.get('caller'), 'read')
      return c.json({ algorithm: 'ed25519' as const, key: options.bundles.publicKey }, 200)
    })
  }
}
