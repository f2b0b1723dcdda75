// The answer of a node that cannot reach the owner. It denies where a caller reads a denial, and asks all others to come again.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { denial, isHookPath } from '../web/claude-code-hook-answer.ts'

const title = 'Not ready'

/** A hook's caller lets an action run after any status but 2xx: see `claude-code-hook-answer.ts`. */
export function refuse(request: IncomingMessage, response: ServerResponse, why: string): void {
  const isHook = isHookPath((request.url ?? '').split('?', 1)[0] ?? '')
  const body = isHook ? denial(`${title}: ${why}`) : { type: 'about:blank', title, status: 503, detail: why }
  response.writeHead(isHook ? 200 : 503, {
    'content-type': isHook ? 'application/json' : 'application/problem+json',
    'retry-after': '1',
    // What is still being sent is not read.
    connection: 'close',
  })
  response.end(JSON.stringify(body))
}
