// Asks Vigil's gate whether an action may run. One file without dependencies: it may be copied into an agent. Whatever goes wrong (no server,
// no time, no sense in the answer) ends in "deny": it must never end in anything that lets the action run.

/** `key`: a key with scope ingest, or the token that `vigil run` gives its session. */
export type GateReach = {
  url: string
  key: string
  /** In place of `fetch`. Throws where there was no whole answer; follows no redirect, which would carry the key away. */
  post?: ((url: string, key: string, body: string, signal: AbortSignal) => Promise<GateReply>) | undefined
}
export type GateReply = { status: number; text: string; hasRetryAfter: boolean }

export type GateAction = {
  session: string
  /** The same for the same call, however often it is asked: the server finds the approval by it. */
  callId?: string | undefined
  tool: string
  /** JSON of any shape. */
  input?: unknown
  cwd?: string | undefined
}

export type GateAnswer =
  /** `failed`: nobody decided this; the gate could not be asked. */
  | { decision: 'deny'; reason: string; failed?: true }
  | { decision: 'allow'; reason: string }
  /** Only `input` may run, not what was asked for. */
  | { decision: 'edit'; reason: string; input: unknown }

export type GateOptions = GateReach & {
  /** From now, at most an hour: then it is denied. Two minutes where nothing is said. */
  deadlineMs?: number | undefined
  /** Aborted when the action is given up: it resolves to "deny". */
  signal?: AbortSignal | undefined
  /** How operators see who asks: a name of at most 48 characters and a version. */
  door?: { name: string; version: string } | undefined
}

/** Of this file, as the server is told. */
const clientDoor = { name: 'typescript-client', version: '0.1.0' }
const usualDeadlineMs = 120_000
const pauseMs = 250
/** For the way: the server is given so much less than we have. */
const wayMs = 250
const leastMs = 100
const answerBytesMax = 4 * 1024 * 1024
/** A server that starts, a proxy without one behind it, too many at once. */
const passing: ReadonlySet<number> = new Set([429, 500, 502, 503, 504])

/** May this action run? Run it only on "allow", or the `input` of "edit". Never rejects. */
export async function gate(action: GateAction, options: GateOptions): Promise<GateAnswer> {
  try {
    const untilMs = Date.now() + (options.deadlineMs ?? usualDeadlineMs)
    const door = options.door ?? clientDoor
    const body = { ...action, callId: action.callId ?? crypto.randomUUID(), door }
    const request = (deadlineMs: number) => ({ path: '/api/gate', body: { ...body, deadlineMs } })
    return await askUntil(options, request, gateAnswerOf, untilMs, options.signal)
  } catch (error) {
    return { decision: 'deny', reason: messageOf(error), failed: true }
  }
}

/**
 * Posts until there is an answer that counts, through whatever may pass: a restart, a proxy, a dropped connection. Throws an Error where none
 * came. `request` is made anew for each try, of the time that is left in milliseconds; `read` gives undefined for what is no answer.
 */
export async function askUntil<T>(
  reach: GateReach,
  request: (leftMs: number) => { path: string; body: unknown },
  read: (answer: unknown) => T | undefined,
  untilMs: number,
  signal?: AbortSignal,
): Promise<T> {
  const url = reach.url.replace(/\/+$/, '')
  let why = 'there was no time to ask'
  for (;;) {
    signal?.throwIfAborted()
    const leftMs = Math.floor(untilMs - Date.now())
    // Not `<`: of a time that is no number nothing is left.
    if (!(leftMs >= wayMs + leastMs)) throw new Error(`not decided in time: ${why}`)
    const { path, body } = request(leftMs - wayMs)
    const text = JSON.stringify(body)
    const limit = AbortSignal.any([AbortSignal.timeout(leftMs), ...(signal ? [signal] : [])])
    let said: GateReply
    try {
      said = await (reach.post ?? postByFetch)(`${url}${path}`, reach.key, text, limit)
    } catch (error) {
      signal?.throwIfAborted()
      why = `the server at ${url} cannot be reached (${codeOf(error)})`
      await pause(signal)
      continue
    }
    if (passing.has(said.status) || said.hasRetryAfter) {
      why = detailOf(said.text) ?? `the server answered ${said.status}`
      await pause(signal)
      continue
    }
    if (said.status !== 200)
      throw new Error(`the server answered ${said.status}: ${detailOf(said.text) ?? 'without a reason'}`)
    const answer = read(parseJson(said.text))
    if (answer === undefined) throw new Error(`what answers at ${url} is not this version of Vigil`)
    return answer
  }
}

/** `fetch` gives up after 300 s without a word, and a person may take longer: then it is asked again. */
async function postByFetch(url: string, key: string, body: string, signal: AbortSignal): Promise<GateReply> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' })
  return { status: response.status, text: await textOf(response), hasRetryAfter: response.headers.has('retry-after') }
}

/** Throws where the connection is cut before the end: half of an answer must never count. */
async function textOf(response: Response): Promise<string> {
  const reader = response.body?.getReader()
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true }
    if (done) return text + decoder.decode()
    size += value.byteLength
    if (size > answerBytesMax) {
      await reader?.cancel()
      throw new Error('the answer has no end')
    }
    text += decoder.decode(value, { stream: true })
  }
}

function gateAnswerOf(value: unknown): GateAnswer | undefined {
  if (!isObject(value)) return undefined
  const { decision, reason } = value
  if (typeof reason !== 'string') return undefined
  if (decision === 'allow' || decision === 'deny') return { decision, reason }
  return decision === 'edit' && 'input' in value ? { decision, reason, input: value.input } : undefined
}

/** Of a problem, or of a hook's denial, as one line. */
function detailOf(text: string): string | undefined {
  const value = parseJson(text)
  if (!isObject(value)) return undefined
  const ofHook = isObject(value.hookSpecificOutput) ? value.hookSpecificOutput.permissionDecisionReason : undefined
  const told = typeof value.detail === 'string' ? `${String(value.title)}: ${value.detail}` : ofHook
  return typeof told === 'string' ? told.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').slice(0, 500) : undefined
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function pause(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', finish)
      resolve()
    }
    const timer = setTimeout(finish, pauseMs)
    signal?.addEventListener('abort', finish)
  })
}

/** `fetch` hides it in the cause. */
function codeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  if (isObject(cause) && typeof cause.code === 'string') return cause.code
  return messageOf(cause)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
