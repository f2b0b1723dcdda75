// One question to the HTTP API: an answer that fits its schema, or a problem in the server's own words.
import { z } from 'zod'

export type ApiProblem = {
  title: string
  detail: string
  /** Of the answer; absent where none came. */
  status?: number
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
): Promise<ApiAnswer<T>> {
  let response: Response
  try {
    response = await fetch(path, {
      method,
      headers: { accept: 'application/json', ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
      // A question may be given up; a deed that is on its way may not.
      ...(method === 'GET' && { signal: AbortSignal.timeout(answerMs) }),
    })
  } catch {
    const detail = method === 'GET' ? 'What is shown may be old.' : 'It may or may not have arrived: look again.'
    return { problem: { title: 'No answer from the server', detail } }
  }
  const said: unknown = await response.json().catch(() => undefined)
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
