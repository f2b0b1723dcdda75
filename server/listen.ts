// Takes the port before anything else is started. Until the server is wired, requests are told to come back.
import { createServer, type RequestListener, type Server } from 'node:http'
import { type Config, ConfigError } from './config.ts'

export type Listening = {
  server: Server
  url: string
  port: number
  /** Hands requests to the real handler from now on. */
  serve(handler: RequestListener): void
}

const keepAliveMs = 75_000

/** Throws ConfigError with one line when the port is taken or may not be used. */
export async function listenOrExplain(config: Config): Promise<Listening> {
  let handler: RequestListener = (_request, response) => {
    response.writeHead(503, { 'content-type': 'text/plain', 'retry-after': '1' }).end('starting\n')
  }
  const server = createServer((request, response) => handler(request, response))
  // Longer than load balancers keep an idle connection (60 s is common): whoever closes first must not be we, in the moment in which the next
  // request is on its way. Node's own is 5 s.
  server.keepAliveTimeout = keepAliveMs
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') {
        reject(
          new ConfigError(`port ${config.port} is in use: stop what listens there, or choose another with PORT=3001`),
        )
      } else if (error.code === 'EACCES') {
        reject(new ConfigError(`port ${config.port} needs more rights: choose one above 1023 with PORT=3000`))
      } else reject(new ConfigError(`cannot listen on ${config.host}:${config.port}: ${error.message}`))
    })
    server.listen(config.port, config.host, resolve)
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : config.port
  return {
    server,
    port,
    url: `http://localhost:${port}`,
    serve(next) {
      handler = next
    },
  }
}
