// Asking the product over HTTP while it may be dead: an answer, or none. None says nothing about what was done.
import { key } from '../product.ts'

export type Answer = { status: number; body: unknown }
export type Api = {
  /** Undefined: no answer came. It may have been done all the same. */
  call(method: string, pathname: string, body?: object, timeoutMs?: number): Promise<Answer | undefined>
  /** Throws unless the answer is 2xx. For what is read when all is well. */
  read<T>(pathname: string, timeoutMs?: number): Promise<T>
}

const usualMs = 10_000

export function apiOf(url: string, headers: Record<string, string> = { authorization: `Bearer ${key}` }): Api {
  const call = async (method: string, pathname: string, body?: object, timeoutMs = usualMs) => {
    try {
      const answer = await fetch(url + pathname, {
        method,
        headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
        ...(body && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(timeoutMs),
      })
      const text = await answer.text()
      return { status: answer.status, body: parsed(text) }
    } catch {
      return undefined // nobody answered (in time)
    }
  }
  return {
    call,
    async read<T>(pathname: string, timeoutMs?: number) {
      const answer = await call('GET', pathname, undefined, timeoutMs)
      if (!answer || answer.status >= 300)
        throw new Error(`${pathname}: ${answer ? `${answer.status} ${JSON.stringify(answer.body)}` : 'no answer'}`)
      return answer.body as T
    },
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** A field of an answer's body that is text; undefined where there is none. */
export function textIn(answer: Answer | undefined, field: string): string | undefined {
  const body = answer?.body
  if (typeof body !== 'object' || body === null) return undefined
  const value = Object.entries(body).find(([name]) => name === field)?.[1]
  return typeof value === 'string' ? value : undefined
}

/** Signs in as a person; throws when that is refused. */
export async function signIn(url: string, admin: { email: string; password: string }): Promise<string> {
  const answer = await fetch(`${url}/api/auth/sign-in/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify(admin),
    signal: AbortSignal.timeout(usualMs),
  })
  if (!answer.ok) throw new Error(`signing in was answered ${answer.status}: ${await answer.text()}`)
  return answer.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ')
}
