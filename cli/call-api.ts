// One call to the server's HTTP API. Every way in which it can fail becomes one line for the person at the terminal; the key
// itself must never be in it.
import type { z } from 'zod'

export type Reach = { url: string; key: string }

const answerWithinMs = 15_000

/** From VIGIL_URL and VIGIL_KEY. Throws an Error with one line when they cannot be used. */
export function reachOf(env: NodeJS.ProcessEnv): Reach {
  const url = env.VIGIL_URL ?? 'http://localhost:3000'
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new Error(`VIGIL_URL is not an http address: ${url}`)
  const key = env.VIGIL_KEY?.trim() ?? ''
  if (key === '')
    throw new Error('set VIGIL_KEY to a key with scope admin (made in the console, or given to "npm start")')
  if (!/^[\x21-\x7e]+$/.test(key)) throw new Error('VIGIL_KEY holds characters that no key has')
  return { url: url.replace(/\/+$/, ''), key }
}

/** Throws an Error with one line that says what went wrong and what to do. */
export async function callApi<T>(
  { url, key }: Reach,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  answer: z.ZodType<T>,
  body?: unknown,
): Promise<T> {
  let response: Response
  let text: string
  try {
    response = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(answerWithinMs),
      // A redirect would carry the key somewhere else.
      redirect: 'error',
    })
    text = await response.text()
  } catch (error) {
    throw new Error(
      `the server at ${url} cannot be reached (${reasonOf(error)}): is it running, and is VIGIL_URL right?`,
    )
  }
  if (response.status === 401)
    throw new Error(`the server at ${url} refuses the key in VIGIL_KEY: ${detailOf(text) ?? 'not valid'}`)
  if (response.status === 403)
    throw new Error(`the key in VIGIL_KEY may not do this: ${detailOf(text) ?? 'it needs scope admin'}`)
  if (!response.ok) throw new Error(`the server answered ${response.status}: ${detailOf(text) ?? 'without a reason'}`)
  const parsed = answer.safeParse(parseJson(text))
  if (!parsed.success) throw new Error(`what answers at ${url} is not this version of Vigil`)
  return parsed.data
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return `no answer in ${answerWithinMs / 1_000} seconds`
  const { cause } = error
  if (cause instanceof Error) return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message
  return error.message
}

/** title and detail of problem+json, as one line. */
function detailOf(text: string): string | undefined {
  const json = parseJson(text)
  if (typeof json !== 'object' || json === null) return undefined
  const parts = ['title', 'detail'].map((name) => (json as { [name: string]: unknown })[name])
  const said = parts.filter((part) => typeof part === 'string' && part !== '').join(': ')
  return said === '' ? undefined : said.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').slice(0, 500)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
