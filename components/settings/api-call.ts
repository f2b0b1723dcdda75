// One question to the HTTP API: an answer that fits its schema, or a problem in the server's own words.
import { z } from 'zod'
import { refusedInPast } from '../replay/past-guard.ts'

export type ApiProblem = {
  title: string
  detail: string
  /** Of the answer; absent where none came. */
  status?: number
  /** Nobody answered: what was asked may have been done or not. */
  noAnswer?: true
  /** All that the server said: some problems carry more than words. */
  said?: unknown
}
export type ApiAnswer<T> = { value: T; problem?: undefined } | { value?: undefined; problem: ApiProblem }

const ProblemDetails = z.object({ title: z.string(), detail: z.string() })

const answerMs = 15_000

export async function apiCall<T>(
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  schema: z.ZodType<T>,
  body?: object,
  /** After so long without an answer it is given up, though what it asked may be done all the same. A deed is waited for unless it says so. */
  withinMs = method === 'GET' ? answerMs : undefined,
): Promise<ApiAnswer<T>> {
  const refused = refusedInPast(method, path)
  if (refused) return { problem: refused }
  let response: Response
  let text: string
  try {
    response = await fetch(path, {
      method,
      headers: { accept: 'application/json', ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
      ...(withinMs !== undefined && { signal: AbortSignal.timeout(withinMs) }),
    })
    text = await response.text()
  } catch {
    return { problem: noAnswer(method) }
  }
  // Something between could not reach it, or did not hear its answer.
  if (response.status === 502 || response.status === 504)
    return { problem: { ...noAnswer(method), status: response.status } }
  const said = jsonOf(text)
  if (!response.ok) {
    const problem = ProblemDetails.safeParse(said)
    return {
      problem: problem.success
        ? { ...problem.data, status: response.status, said }
        : { title: `The server answered ${response.status}`, detail: '', status: response.status },
    }
  }
  const read = schema.safeParse(said)
  if (read.success) return { value: read.data }
  return { problem: { title: 'This page is older than the server', detail: 'Reload it to go on.' } }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function noAnswer(method: string): ApiProblem {
  const detail = method === 'GET' ? 'What is shown may be old.' : 'It may or may not have arrived: look again.'
  return { title: 'No answer from the server', detail, noAnswer: true }
}
