// People who click: over HTTP and over the console's socket, at random, whatever is broken. What was not answered may or may not have been
// taken; the log says.
import { setTimeout as sleep } from 'node:timers/promises'
import { io, type Socket } from 'socket.io-client'
import { operatorNamespace } from '../../server/protocol/browser-messages.ts'
import { wireVersion } from '../../server/protocol/wire-version.ts'
import { type Api, apiOf, textIn } from './api.ts'
import { type Random, randomOf } from './random.ts'

export type Click = {
  action: string
  session: string
  /** `unanswered`: nobody knows whether it was taken. */
  outcome: 'accepted' | 'refused' | 'unanswered'
  control?: string
  why?: string
}

export type Operator = {
  name: string
  clicks: readonly Click[]
  stop(): Promise<void>
}

type Asked = { session: string; action: string; capability?: string; reason?: string }
type Ask = (asked: Asked) => Promise<Omit<Click, 'action' | 'session'>>

/** Holds and what lifts them; the others stand alone. */
const moves = ['pause', 'resume', 'revoke', 'restore', 'contain', 'release', 'snapshot', 'end'] as const
const weights: Record<(typeof moves)[number], number> = {
  ...{ pause: 6, resume: 6, revoke: 4, restore: 4, contain: 4, release: 5 },
  ...{ snapshot: 1, end: 0.4 },
}
const bag = moves.flatMap((move) => Array.from({ length: Math.round(weights[move] * 5) }, () => move))
const clickEveryMs = [250, 1_200] as const
const answerMs = 8_000

export function startOperator(options: {
  name: string
  seed: number
  ask: Ask
  /** Sessions in this person's hands that run. */
  sessions(): string[]
  close(): void
}): Operator {
  const random = randomOf(options.seed)
  const clicks: Click[] = []
  let stopping = false
  async function run(): Promise<void> {
    while (!stopping) {
      await sleep(random.between(...clickEveryMs))
      const sessions = options.sessions()
      if (sessions.length === 0) continue
      const action = random.pick(bag)
      const session = random.pick(sessions)
      const capability = action === 'revoke' || action === 'restore' ? { capability: 'network' } : {}
      clicks.push({ action, session, ...(await options.ask({ session, action, ...capability, reason: 'chaos' })) })
    }
  }
  const running = run()
  return {
    name: options.name,
    clicks,
    async stop() {
      stopping = true
      await running
      options.close()
    },
  }
}

/** With a signed-in person's cookie. */
export function askOverHttp(url: string, cookie: string): Ask {
  const api = apiOf(url, { cookie, origin: url })
  return async ({ session, ...asked }) => {
    const answer = await api.call('POST', `/api/sessions/${session}/controls`, asked, answerMs)
    const control = textIn(answer, 'id')
    if (answer?.status === 202 && control !== undefined) return { outcome: 'accepted', control }
    return answer && answer.status < 500
      ? { outcome: 'refused', why: textIn(answer, 'title') ?? '' }
      : { outcome: 'unanswered' }
  }
}

/** As the console's page does; the socket comes back by itself. */
export function askOverSocket(url: string, cookie: string): { ask: Ask; socket: Socket } {
  const socket = io(url + operatorNamespace, {
    auth: { wireVersion },
    extraHeaders: { cookie, origin: url },
    forceNew: true,
    transports: ['websocket'],
    reconnectionDelayMax: 1_000,
  })
  socket.on('connect', () => void socket.timeout(answerMs).emit('watch', { view: 'live' }, () => undefined))
  socket.on('frame', (frame: { n: number }) => socket.emit('painted', { n: frame.n }))
  // Refused while the server starts (its answer is no socket's): socket.io itself does not try again then.
  socket.on('connect_error', () => {
    if (!socket.active) setTimeout(() => socket.connect(), 1_000).unref()
  })
  return {
    socket,
    async ask(asked) {
      // A page whose connection is gone has no button to press.
      if (!socket.connected) return { outcome: 'refused', why: 'not connected' }
      try {
        const answer = (await socket.timeout(answerMs).emitWithAck('control', asked)) as {
          control?: string
          problem?: { title: string; status: number }
        }
        if (answer.control !== undefined) return { outcome: 'accepted', control: answer.control }
        return (answer.problem?.status ?? 500) < 500
          ? { outcome: 'refused', why: answer.problem?.title ?? '' }
          : { outcome: 'unanswered' }
      } catch {
        return { outcome: 'unanswered' }
      }
    },
  }
}

export type Decider = { decided: number; unanswered: number; stop(): Promise<void> }

/** Decides whatever waits, more often for than against. */
export function startDecider(url: string, cookie: string, seed: number): Decider {
  const api = apiOf(url, { cookie, origin: url })
  const random: Random = randomOf(seed)
  let stopping = false
  const decider = {
    decided: 0,
    unanswered: 0,
    async stop() {
      stopping = true
      await running
    },
  }
  async function run(): Promise<void> {
    while (!stopping) {
      await sleep(400)
      const list = await api.call('GET', '/api/approvals?state=waiting', undefined, answerMs)
      if (list?.status !== 200) continue
      for (const { approval } of (list.body as { approvals: { approval: string }[] }).approvals.slice(0, 3)) {
        const decision = random.next() < 0.6 ? 'approve' : 'deny'
        const answer = await api.call('POST', `/api/approvals/${approval}/decision`, { decision }, answerMs)
        if (answer?.status === 200) decider.decided += 1
        else if (!answer || answer.status >= 500) decider.unanswered += 1
      }
    }
  }
  const running = run()
  return decider
}

/** Contains all of a run now and then, and lifts it again. Answers those that it could not lift. */
export type Crowd = { contained: number; finish(): Promise<string[]> }

export function startCrowd(api: Api, run: string, seed: number): Crowd {
  const random = randomOf(seed)
  const standing = new Set<string>()
  let stopping = false
  const lift = async (id: string) => {
    const answer = await api.call('POST', `/api/containments/${id}/lift`, {}, answerMs)
    if (answer && (answer.status === 202 || answer.status === 409)) standing.delete(id)
  }
  const crowd = {
    contained: 0,
    async finish() {
      stopping = true
      await running
      for (const id of [...standing]) await lift(id)
      return [...standing]
    },
  }
  async function work(): Promise<void> {
    for (let waitedMs = 0, nextMs = 15_000; !stopping; waitedMs += 250) {
      await sleep(250)
      if (waitedMs < nextMs) continue
      nextMs = waitedMs + random.between(15_000, 40_000)
      const answer = await api.call('POST', '/api/containments', { selector: { run }, reason: 'chaos' }, answerMs)
      const id = textIn(answer, 'id')
      if (id === undefined) continue
      standing.add(id)
      crowd.contained += 1
      await sleep(random.between(1_000, 6_000))
      for (const each of [...standing]) await lift(each)
    }
  }
  const running = work()
  return crowd
}
