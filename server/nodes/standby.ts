// A node without the log: its own are the console's pages and the answer to how it is; the API and the sockets are the owner's. Nothing that was
// forwarded to it is forwarded again, so no two nodes can send a request round.
import { Agent, type IncomingMessage, request as requestOf, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Lease } from '../store/lease.ts'
import { isApiPath } from '../web/api-app.ts'
import { forwardRequest } from './forward-request.ts'
import { forwardUpgrade, refuseUpgrade } from './forward-upgrade.ts'
import { forwardedHeader } from './forwarded-mark.ts'
import { noOwner, notOwnerAnyMore, type OwnerSeen, targetOf } from './owner-seen.ts'
import { refuse } from './refuse.ts'

/** Shorter than the owner keeps an idle connection, so that none is used as it is being closed. */
const idleMsMax = 2_000
const askMs = 2_000

export type Standby = {
  handle(request: IncomingMessage, response: ServerResponse): void
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Whether the owner can be reached and says that it is ready. */
  isReady(): Promise<boolean>
  /** Forwards nothing from now on; what is under way is told to come again. */
  close(): void
}

export type StandbyOptions = {
  lease(): Lease | undefined
  /** Everything that is neither the API nor a socket. */
  page(request: IncomingMessage, response: ServerResponse): void
}

export function createStandby(options: StandbyOptions): Standby {
  const agent = new Agent({ keepAlive: true, timeout: idleMsMax })
  const underWay = new Set<{ destroy(): unknown }>()
  let epoch: number | undefined
  let closed = false

  function owner(): OwnerSeen | undefined {
    const lease = closed ? undefined : options.lease()
    // What waits for an owner that is none any more would wait for ever where that one hangs.
    if (epoch !== undefined && lease && lease.epoch !== epoch) endAll()
    epoch = lease?.epoch ?? epoch
    if (!lease || lease.url === '' || lease.secret === null) return undefined
    return { url: lease.url, epoch: lease.epoch, secret: lease.secret }
  }

  function endAll(): void {
    for (const each of underWay) each.destroy()
    underWay.clear()
  }

  function track(each: { destroy(): unknown; once(event: 'close', listener: () => void): unknown }): void {
    underWay.add(each)
    each.once('close', () => underWay.delete(each))
  }

  async function isReady(): Promise<boolean> {
    const at = owner()
    if (!at) return false
    return await new Promise((resolve) => {
      const asked = requestOf(
        // Marked, if without a seal: the owner alone may answer it.
        { ...targetOf({ url: '/readyz' }, at), agent, timeout: askMs, headers: { [forwardedHeader]: 'asks' } },
        (answer) => {
          answer.resume()
          resolve(answer.statusCode === 200)
        },
      )
      asked.on('timeout', () => asked.destroy())
      asked.on('error', () => resolve(false))
      asked.end()
    })
  }

  // The owner may change while nobody asks anything new, and while somebody still waits.
  const watch = setInterval(owner, 500)
  watch.unref()

  return {
    isReady,
    handle(request, response) {
      const pathname = (request.url ?? '/').split('?', 1)[0] ?? '/'
      if (pathname === '/healthz') return void sayText(response, 200, 'ok\nrole: standby\n')
      const wasForwarded = request.headers[forwardedHeader] !== undefined
      if (pathname === '/readyz' && !wasForwarded) {
        isReady().then(
          (ready) => (ready ? sayText(response, 200, 'ready\nrole: standby\n') : refuse(request, response, noOwner)),
          () => refuse(request, response, noOwner),
        )
        return
      }
      if (!isApiPath(pathname) && !pathname.startsWith('/socket.io/')) return options.page(request, response)
      if (wasForwarded) return refuse(request, response, notOwnerAnyMore)
      const at = owner()
      if (at) track(forwardRequest(request, response, at, agent))
      else refuse(request, response, noOwner)
    },
    upgrade(request, socket, head) {
      if (!(request.url ?? '').startsWith('/socket.io/')) return // of Next's own development server, or nobody's
      const at = request.headers[forwardedHeader] === undefined ? owner() : undefined
      if (!at) return refuseUpgrade(socket)
      track(socket)
      forwardUpgrade(request, socket, head, at)
    },
    close() {
      closed = true
      clearInterval(watch)
      endAll()
      agent.destroy()
    },
  }
}

export function sayText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=UTF-8' }).end(text)
}
