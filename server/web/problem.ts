// Errors of the HTTP API: RFC 9457 problem+json, each saying what was wrong and what to do.
import type { Context } from 'hono'

export type ProblemStatus = 400 | 401 | 403 | 404 | 405 | 409 | 410 | 411 | 413 | 415 | 422 | 429 | 500 | 503

/** Thrown by handlers; `api-app.ts` turns it into the answer. `detail` is text for the caller, never a stack or SQL. */
export class ProblemError extends Error {
  override name = 'ProblemError'
  readonly status: ProblemStatus
  readonly title: string
  readonly extra: Record<string, unknown>

  constructor(status: ProblemStatus, title: string, detail: string, extra: Record<string, unknown> = {}) {
    super(detail)
    this.status = status
    this.title = title
    this.extra = extra
  }
}

export function answerProblem(c: Context, problem: ProblemError): Response {
  const body = {
    type: 'about:blank',
    title: problem.title,
    status: problem.status,
    detail: problem.message,
    ...problem.extra,
  }
  const headers: Record<string, string> = { 'content-type': 'application/problem+json' }
  if (problem.status === 503) headers['retry-after'] = '1'
  if (problem.status === 429) headers['retry-after'] = '5'
  if (problem.status === 401) headers['www-authenticate'] = 'Bearer'
  return c.body(JSON.stringify(body), problem.status, headers)
}
