// The Unix socket on which `vigil run` asks for a session. Only this user may connect (mode 0600 in a folder of mode 0700);
// whatever comes in is parsed, bounded, and answered in words.
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { type RunReply, RunRequest, runLineMaxBytes } from '../server/protocol/run-messages.ts'
import type { SessionKeeper } from './session-keeper.ts'

export type RunSocket = { file: string; close(): Promise<void> }

const pathMax = 107 // sun_path

/** Throws an Error with one line for the person when it cannot be opened or another probe answers there. */
export async function openRunSocket(file: string, keeper: SessionKeeper): Promise<RunSocket> {
  if (Buffer.byteLength(file) > pathMax)
    throw new Error(`the path of the probe's socket is too long for Unix (${file}): choose a shorter VIGIL_DATA`)
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
  if (await answers(file)) throw new Error(`another probe is already running with this data folder (${file})`)
  fs.rmSync(file, { force: true })
  const clients = new Set<net.Socket>()
  const server = net.createServer((client) => {
    clients.add(client)
    client.on('close', () => clients.delete(client))
    converse(client, keeper)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    const before = process.umask(0o177)
    server.listen(file, () => resolve())
    process.umask(before)
  })
  fs.chmodSync(file, 0o600)
  return {
    file,
    close: async () => {
      for (const client of clients) client.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function answers(file: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = net.connect(file)
    probe.once('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.once('error', () => resolve(false))
  })
}

function converse(client: net.Socket, keeper: SessionKeeper): void {
  let session: string | undefined
  let text = ''
  client.setEncoding('utf8')
  client.on('error', () => client.destroy())
  client.on('close', () => {
    if (session !== undefined) keeper.detached(session)
  })
  client.on('data', (chunk: string) => {
    text += chunk
    if (text.length > runLineMaxBytes) {
      reply({ type: 'refused', reason: 'the request is too long' })
      client.destroy()
      return
    }
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      const line = text.slice(0, end)
      text = text.slice(end + 1)
      try {
        answer(line)
      } catch (error) {
        // One request that fails must never end the probe, and with it the watch over every other session.
        reply({ type: 'refused', reason: error instanceof Error ? error.message : String(error) })
      }
    }
  })
  const reply = (message: RunReply): void => {
    client.write(`${JSON.stringify(message)}\n`)
  }
  const answer = (line: string): void => {
    const request = parseRequest(line)
    if (typeof request === 'string') return reply({ type: 'refused', reason: request })
    if (request.type === 'open') {
      if (session !== undefined) return reply({ type: 'refused', reason: 'this connection already holds a session' })
      const opened = keeper.open(request)
      if (opened.type === 'opened') session = opened.session
      return reply(opened)
    }
    if (request.type === 'attach') {
      if (!keeper.attach(request.session)) return reply({ type: 'refused', reason: 'this probe holds no such session' })
      session = request.session
      return
    }
    if (session === undefined) return reply({ type: 'refused', reason: `"${request.type}" before "open"` })
    if (request.type === 'started') return keeper.started(session, { pid: request.pid, startTicks: request.startTicks })
    keeper.exited(session, { code: request.code, signal: request.signal })
    reply({ type: 'noted' })
  }
}

function parseRequest(line: string): RunRequest | string {
  let json: unknown
  try {
    json = JSON.parse(line)
  } catch {
    return 'a request is one line of JSON'
  }
  const parsed = RunRequest.safeParse(json)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  return `${issue?.path.join('.') || 'request'}: ${issue?.message ?? 'does not fit'}`.slice(0, 500)
}
