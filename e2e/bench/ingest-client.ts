// Sends bodies to `POST /api/ingest/events` over kept connections. Built on node:http: the load generator shares the cores that it measures.
import http from 'node:http'

export type IngestClient = {
  /** Resolves when the server answered that all of it is durable; rejects otherwise. */
  send(body: Buffer, events: number): Promise<void>
  close(): void
}

export function ingestClient(url: string, key: string, connections: number): IngestClient {
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections, noDelay: true })
  const target = new URL('/api/ingest/events', url)
  const options: http.RequestOptions = {
    host: '127.0.0.1',
    port: target.port,
    path: target.pathname,
    method: 'POST',
    agent,
  }
  const send = (body: Buffer, events: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${key}`,
        'content-type': 'application/x-ndjson',
        'content-length': body.length,
      }
      const request = http.request({ ...options, headers }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk
        })
        response.on('error', reject)
        response.on('end', () => {
          if (response.statusCode === 200 && acceptedOf(text) === events) resolve()
          else reject(new Error(`ingest of ${events} events answered ${response.statusCode}: ${text.slice(0, 300)}`))
        })
      })
      request.on('error', (error: NodeJS.ErrnoException) => {
        // The server let go of an idle connection in the moment in which it was used again: node's documentation says to send it anew.
        if (request.reusedSocket && error.code === 'ECONNRESET') send(body, events).then(resolve, reject)
        else reject(error)
      })
      request.end(body)
    })
  return { send, close: () => agent.destroy() }
}

function acceptedOf(text: string): number | undefined {
  const answer: unknown = JSON.parse(text)
  if (typeof answer !== 'object' || answer === null || !('accepted' in answer)) return undefined
  return Number(answer.accepted)
}
