// One HTTP request, bounded in time and size, that follows no redirect: what it carries is for the address that an admin typed.

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
}): Promise<Answer> {
  const { method, url, headers, body = '' } = call
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      signal,
      headers: {
        ...headers,
        accept: 'application/json',
        'user-agent': 'vigil',
        ...(method === 'POST' && { 'content-type': 'application/json' }),
      },
      ...(method === 'POST' && { body }),
    })
    if (response.status >= 300 && response.status < 400) {
      await response.body?.cancel()
      throw new CallError(`answered ${response.status}: redirects are not followed`)
    }
    const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
    return {
      status: response.status,
      body: await boundedText(response),
      ...(seconds > 0 && { retryAfterMs: seconds * 1_000 }),
    }
  } catch (error) {
    if (error instanceof CallError) throw error
    if (signal.aborted) throw new CallError(`did not answer within ${timeoutMs / 1_000} s`)
    throw new CallError(`cannot be reached (${codeOf(error)})`)
  }
}

class CallError extends Error {
  override name = 'CallError'
}

async function boundedText(response: Response): Promise<string> {
  if (!response.body) return ''
  const chunks: Uint8Array[] = []
  let size = 0
  // Leaving the loop early cancels the body.
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > bodyBytesMax) throw new CallError(`answered with more than ${bodyBytesMax} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function codeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  return typeof code === 'string' ? code : 'no connection'
}
