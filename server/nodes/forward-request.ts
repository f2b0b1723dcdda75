// One HTTP request, handed to the owner as it came and its answer handed back as it comes: nothing is kept, so a stream of events flows and a
// slow reader slows its writer. Where the owner is not there the caller is told to come again; nothing is ever answered in its place.
import {
  type Agent,
  type ClientRequest,
  type IncomingMessage,
  request as requestOf,
  type ServerResponse,
} from 'node:http'
import { headersBack, headersOnward, type OwnerSeen, ownerAway, targetOf } from './owner-seen.ts'
import { refuse } from './refuse.ts'

/** What it returns ends with the forwarding; destroyed, it tells a caller who has no answer yet to come again, and cuts one who has. */
export function forwardRequest(
  incoming: IncomingMessage,
  response: ServerResponse,
  owner: OwnerSeen,
  agent: Agent,
): ClientRequest {
  const headers = headersOnward(incoming, owner)
  // A length says where the body ends; without one it has pieces, or there is none, which must be said.
  if (incoming.headers['transfer-encoding'] !== undefined) headers.push('transfer-encoding', 'chunked')
  else if (incoming.headers['content-length'] === undefined && !/^(GET|HEAD)$/.test(incoming.method ?? ''))
    headers.push('content-length', '0')
  const onward = requestOf({ ...targetOf(incoming, owner), agent, method: incoming.method, headers })
  onward.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, headersBack(answer.rawHeaders))
    response.flushHeaders()
    answer.pipe(response)
    // Cut in the middle: so is the caller, who must not take a part for the whole.
    answer.on('error', () => response.destroy())
  })
  onward.on('error', () => {
    if (response.headersSent) response.destroy()
    else refuse(incoming, response, ownerAway)
  })
  response.on('close', () => onward.destroy())
  incoming.on('error', () => onward.destroy())
  incoming.pipe(onward)
  return onward
}
