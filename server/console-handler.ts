// The console (Next) on the same port as the API, with the headers that keep hostile text harmless even if an escape were missed.
import { randomBytes } from 'node:crypto'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import next from 'next'

export type ConsoleHandler = {
  handle(request: IncomingMessage, response: ServerResponse): void
  close(): Promise<void>
}

export type OpenConsole = (options: { root: string; dev: boolean; server: Server }) => Promise<ConsoleHandler>

export const openConsole: OpenConsole = async (options) => {
  const app = next({ dev: options.dev, dir: options.root, customServer: true })
  await app.prepare()
  const handle = app.getRequestHandler()
  if (options.dev) {
    const upgrade = app.getUpgradeHandler()
    options.server.on('upgrade', (request, socket, head) => {
      if (!(request.url ?? '').startsWith('/socket.io/')) void upgrade(request, socket, head)
    })
  }
  return {
    handle(request, response) {
      const nonce = randomBytes(16).toString('base64')
      const policy = contentSecurityPolicy(nonce, options.dev)
      // Next puts the nonce that it finds in this request header on its own scripts.
      request.headers['content-security-policy'] = policy
      response.setHeader('content-security-policy', policy)
      response.setHeader('x-frame-options', 'DENY')
      response.setHeader('x-content-type-options', 'nosniff')
      response.setHeader('referrer-policy', 'same-origin')
      void handle(request, response)
    },
    close: () => app.close(),
  }
}

function contentSecurityPolicy(nonce: string, dev: boolean): string {
  // Styles may be inline: the virtualised table and the charts place their elements with style attributes.
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${dev ? " 'unsafe-eval'" : ''}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')
}
