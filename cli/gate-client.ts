// Asks the server whether an action may run, and asks again with the same call id through whatever may pass (a restart, a proxy, a dropped
// connection) until its own time is over. Every way in which that can fail is a thrown Error: the caller must take it for "deny".
import http from 'node:http'
import https from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'

/** `bearer`: a key with scope ingest, or the token that `vigil run` gives its session. */
export type GateReach = { url: string; bearer: string }

export type GateAction = {
  session: string
  /** The same for the same call, however often it is asked: the server finds the approval by it. */
  callId: string
  tool: string
  input: unknown
  cwd?: string | undefined
}

const GateAnswer = z.discriminatedUnion('decision', [
  z.object({ decision: z.literal('allow'), reason: z.string() }),
  z.object({ decision: z.literal('deny'), reason: z.string() }),
  z.object({ decision: z.literal('edit'), reason: z.string(), input: z.unknown() }),
])
export type GateAnswer = z.infer<typeof GateAnswer>

const pauseMs = 250
/** For the way: the server is given so much less than we have. */
const wayMs = 250
const leastMs = 100
const answerBytesMax = 4 * 1024 * 1024
/** A server that starts, a proxy without one behind it, too many at once. */
const passing: ReadonlySet<number> = new Set([429, 500, 502, 503, 504])

/** From VIGIL_URL, and VIGIL_KEY or the session's own VIGIL_TOKEN. Throws an Error with one line when they cannot be used. */
export function gateReachOf(env: NodeJS.ProcessEnv): GateReach {
  const url = env.VIGIL_URL || 'http://localhost:3000'
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new Error(`VIGIL_URL is not an http address: ${url}`)
  const bearer = (env.VIGIL_KEY || env.VIGIL_TOKEN || '').trim()
  if (bearer === '')
    throw new Error('nobody is asking: start the agent under "vigil run", or set VIGIL_KEY to a key with scope ingest')
  if (!/^[\x21-\x7e]+$/.test(bearer)) throw new Error('VIGIL_KEY or VIGIL_TOKEN holds characters that no key has')
  return { url: url.replace(/\/+$/, ''), bearer }
}

/** May this action run? Denied also where nobody decides before `untilMs`. Throws where it could not be asked. */
export function gate(reach: GateReach, action: GateAction, untilMs: number, signal?: AbortSignal): Promise<GateAnswer> {
  const request = (deadlineMs: number) => ({ path: '/api/gate', body: { ...action, deadlineMs } })
  return askUntil(reach, request, GateAnswer, untilMs, signal)
}

/** Posts until there is an answer that counts. `request` is made anew for each try: of the time that is left, in milliseconds. */
export async function askUntil<T>(
  reach: GateReach,
  request: (leftMs: number) => { path: string; body: unknown },
  answer: z.ZodType<T>,
  untilMs: number,
  signal?: AbortSignal,
): Promise<T> {
  let why = 'there was no time to ask'
  for (;;) {
    const leftMs = Math.floor(untilMs - Date.now())
    if (leftMs < wayMs + leastMs) throw new Error(`not decided in time: ${why}`)
    const { path, body } = request(leftMs - wayMs)
    const limit = AbortSignal.any([AbortSignal.timeout(leftMs), ...(signal ? [signal] : [])])
    let said: Said
    try {
      said = await post(reach, path, JSON.stringify(body), limit)
    } catch (error) {
      signal?.throwIfAborted()
      why = `the server at ${reach.url} cannot be reached (${codeOf(error)})`
      await sleep(pauseMs, undefined, signal ? { signal } : {})
      continue
    }
    const parsed = said.status === 200 ? answer.safeParse(parseJson(said.text)) : undefined
    if (said.mayAskAgain) {
      why = detailOf(said.text) ?? `the server answered ${said.status}`
      await sleep(pauseMs, undefined, signal ? { signal } : {})
      continue
    }
    if (parsed?.success) return parsed.data
    if (parsed) throw new Error(`what answers at ${reach.url} is not this version of Vigil`)
    throw new Error(`the server answered ${said.status}: ${detailOf(said.text) ?? 'without a reason'}`)
  }
}

type Said = { status: number; text: string; mayAskAgain: boolean }

/** Not `fetch`: that gives up after 300 s without a word, and a person may take longer. Redirects are not followed: they would carry the key. */
function post({ url, bearer }: GateReach, path: string, body: string, signal: AbortSignal): Promise<Said> {
  const client = url.startsWith('https:') ? https : http
  const headers = {
    authorization: `Bearer ${bearer}`,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  }
  return new Promise((resolve, reject) => {
    const request = client.request(`${url}${path}`, { method: 'POST', headers, signal, agent: false }, (response) => {
      const chunks: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > answerBytesMax) request.destroy(new Error('the answer has no end'))
        else chunks.push(chunk)
      })
      response.on('error', reject)
      response.on('end', () => {
        const status = response.statusCode ?? 0
        const mayAskAgain = passing.has(status) || response.headers['retry-after'] !== undefined
        // A connection that ended early has no whole answer: half of one must never count.
        if (!response.complete) reject(new Error('the connection was cut'))
        else resolve({ status, text: Buffer.concat(chunks).toString('utf8'), mayAskAgain })
      })
    })
    request.on('error', reject)
    request.end(body)
  })
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if ('code' in error && typeof error.code === 'string') return error.code
  return error.message
}

/** Of a problem, or of a hook's denial, as one line. */
function detailOf(text: string): string | undefined {
  const Told = z.union([
    z.object({ title: z.string(), detail: z.string() }).transform(({ title, detail }) => `${title}: ${detail}`),
    z
      .object({ hookSpecificOutput: z.object({ permissionDecisionReason: z.string() }) })
      .transform(({ hookSpecificOutput }) => hookSpecificOutput.permissionDecisionReason),
  ])
  return Told.safeParse(parseJson(text))
    .data?.replace(/[\p{Cc}\p{Cf}]+/gu, ' ')
    .slice(0, 500)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
