// One HTTP request, bounded in time and size, that follows no redirect: what it carries is for the address that an admin typed.
import http from 'node:http'
import https from 'node:https'
import { isIP } from 'node:net'
import { type Reach, UnreachableError } from './reach.ts'

const timeoutMs = 5_000
const bodyBytesMax = 64 * 1024

export type Answer = {
  status: number
  body: string
  /** As the other end asked for it. */
  retryAfterMs?: number | undefined
}

/** Throws an Error whose message may be shown: it has neither secret nor answer in it. An answer of any status is an answer. */
export async function boundedCall(call: {
  method: 'GET' | 'POST'
  url: string
  headers: Record<string, string>
  body?: string
  reach: Reach
}): Promise<Answer> {
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    return await requested(call, signal)
  } catch (error) {
    if (error instanceof CallError) throw error
    if (error instanceof UnreachableError) throw new CallError(`is not called: ${error.message}`)
    if (signal.aborted) throw new CallError(`did not answer within ${timeoutMs / 1_000} s`)
    throw new CallError(`cannot be reached (${codeOf(error)})`)
  }
}

class CallError extends Error {
  override name = 'CallError'
}

function requested(
  { method, url, headers, body = '', reach }: Parameters<typeof boundedCall>[0],
  signal: AbortSignal,
): Promise<Answer> {
  const to = new URL(url)
  const literal = to.hostname.replace(/^\[|\]$/g, '')
  // A literal is never looked up.
  const whyNot = isIP(literal) === 0 ? undefined : reach.whyNot(literal)
  if (whyNot !== undefined) throw new UnreachableError(whyNot)
  return new Promise((resolve, reject) => {
    const request = (to.protocol === 'https:' ? https : http).request(to, {
      method,
      signal,
      lookup: reach.lookup,
      // A connection of its own: one that is kept was looked at for somebody else.
      agent: false,
      headers: {
        ...headers,
        accept: 'application/json',
        'user-agent': 'vigil',
        ...(method === 'POST' && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      },
    })
    request.on('error', reject)
    request.on('response', (response) => {
      answerOf(response).then(resolve, (error) => {
        request.destroy()
        reject(error)
      })
    })
    request.end(method === 'POST' ? body : undefined)
  })
}

async function answerOf(response: http.IncomingMessage): Promise<Answer> {
  const status = response.statusCode ?? 0
  if (status >= 300 && status < 400) throw new CallError(`answered ${status}: redirects are not followed`)
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > bodyBytesMax) throw new CallError(`answered with more than ${bodyBytesMax} bytes`)
    chunks.push(chunk)
  }
  const seconds = Number(response.headers['retry-after'] ?? Number.NaN)
  return {
    status,
    body: Buffer.concat(chunks).toString('utf8'),
    ...(seconds > 0 && { retryAfterMs: seconds * 1_000 }),
  }
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : 'no connection'
}
