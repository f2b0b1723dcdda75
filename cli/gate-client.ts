// How the doors of the command line reach the gate: the address and who asks come from the environment. Every way in which asking can fail
// is a denial, or a thrown Error that the caller must take for one.
import http from 'node:http'
import https from 'node:https'
import type { GateReach, GateReply } from '../client/gate.ts'

const answerBytesMax = 4 * 1024 * 1024

/** From VIGIL_URL, and VIGIL_KEY or the session's own VIGIL_TOKEN. Throws an Error with one line when they cannot be used. */
export function gateReachOf(env: NodeJS.ProcessEnv): GateReach {
  const url = env.VIGIL_URL || 'http://localhost:3000'
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new Error(`VIGIL_URL is not an http address: ${url}`)
  const key = (env.VIGIL_KEY || env.VIGIL_TOKEN || '').trim()
  if (key === '')
    throw new Error('nobody is asking: start the agent under "vigil run", or set VIGIL_KEY to a key with scope ingest')
  if (!/^[\x21-\x7e]+$/.test(key)) throw new Error('VIGIL_KEY or VIGIL_TOKEN holds characters that no key has')
  return { url: url.replace(/\/+$/, ''), key, post: postPatiently }
}

/** Not `fetch`: loading that takes half the time of a hook, and it gives up after 300 s without a word. */
export function postPatiently(url: string, key: string, body: string, signal: AbortSignal): Promise<GateReply> {
  const client = url.startsWith('https:') ? https : http
  const headers = {
    authorization: `Bearer ${key}`,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  }
  return new Promise((resolve, reject) => {
    const request = client.request(url, { method: 'POST', headers, signal, agent: false }, (response) => {
      const chunks: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > answerBytesMax) request.destroy(new Error('the answer has no end'))
        else chunks.push(chunk)
      })
      response.on('error', reject)
      response.on('end', () => {
        const { statusCode: status = 0, headers: told } = response
        const text = Buffer.concat(chunks).toString('utf8')
        // A connection that ended early has no whole answer: half of one must never count.
        if (!response.complete) reject(new Error('the connection was cut'))
        else resolve({ status, text, hasRetryAfter: told['retry-after'] !== undefined })
      })
    })
    request.on('error', reject)
    request.end(body)
  })
}
