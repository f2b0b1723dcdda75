// Asks a gate over kept connections. Built on node:http: what asks shares the cores that it measures.
import http from 'node:http'

export type GateCall = { session: string; callId: string; tool: string; input: object; deadlineMs: number }
export type GateClient = {
  /** The decision. Rejects unless the answer is 200 and has one. */
  ask(call: GateCall): Promise<string>
  close(): void
}

export function gateClient(url: string, key: string, connections: number): GateClient {
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections, noDelay: true })
  const { port } = new URL(url)
  return {
    ask: (call) =>
      new Promise((resolve, reject) => {
        const body = JSON.stringify(call)
        const headers = {
          authorization: `Bearer ${key}`,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
        }
        const options = { host: '127.0.0.1', port, path: '/api/gate', method: 'POST', agent, headers }
        const request = http.request(options, (response) => {
          let text = ''
          response.setEncoding('utf8').on('data', (chunk: string) => {
            text += chunk
          })
          response.on('error', reject)
          response.on('end', () => {
            const decision = response.statusCode === 200 ? decisionIn(text) : undefined
            if (decision === undefined)
              reject(new Error(`the gate answered ${response.statusCode}: ${text.slice(0, 300)}`))
            else resolve(decision)
          })
        })
        request.on('error', reject)
        request.end(body)
      }),
    close: () => agent.destroy(),
  }
}

function decisionIn(text: string): string | undefined {
  const answer: unknown = JSON.parse(text)
  if (typeof answer !== 'object' || answer === null || !('decision' in answer)) return undefined
  return typeof answer.decision === 'string' ? answer.decision : undefined
}
