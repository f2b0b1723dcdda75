// From the moment an event's POST is sent until the browser has painted it in the Live table: when it is quiet, and in a flood.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from '@playwright/test'
import { key, type Product, until } from '../product.ts'
import { actionEnded, actionStarted, type BenchEvent, ndjson, sessionStarted } from './agent-events.ts'
import type { Cleanup } from './cleanup.ts'
import { type ConsolePage, nowMs } from './console-page.ts'
import type { Figure } from './figure.ts'
import { type IngestClient, ingestClient } from './ingest-client.ts'
import { otherBrowsers } from './other-browsers.ts'
import { takePainted, watchPaint } from './paint-watch.ts'
import { percentile } from './percentile.ts'

type Load = {
  name: 'quiet' | 'busy' | 'crowded'
  group: 'dom' | 'ui'
  aimP50Ms: number
  aimP99Ms: number
  sessions: number
  /** Tool calls to start in all. Each is two events: the one before it ends. */
  calls: number
  /** One POST carries this many calls, and POSTs leave this far apart. */
  callsPerPost: number
  postGapMs: number
  /** What is sent in this time is not measured: a server that has just started compiles its code and warms its rules. */
  warmUpMs: number
  note: string
}

const quiet: Load = {
  name: 'quiet',
  group: 'dom',
  aimP50Ms: 16,
  aimP99Ms: 60,
  sessions: 6,
  calls: 240,
  callsPerPost: 1,
  postGapMs: 250 / 6,
  warmUpMs: 0,
  note: '6 sessions, a tool call of each every 250 ms',
}

/** 500 events a second: 250 calls, as 50 POSTs of 5 calls (10 events). */
const busy = (seconds: number): Load => ({
  name: 'busy',
  group: 'dom',
  aimP50Ms: 16,
  aimP99Ms: 60,
  sessions: 200,
  calls: Math.max(10, seconds) * 250,
  callsPerPost: 5,
  postGapMs: 20,
  warmUpMs: 0,
  note: '200 sessions, 500 events/s; visible rows',
})

/** 1,000 events a second: 500 calls, as 100 POSTs of 5 calls. */
const crowded = (browsers: number): Load => ({
  name: 'crowded',
  group: 'ui',
  aimP50Ms: 50,
  aimP99Ms: 150,
  sessions: 200,
  calls: 10_000,
  callsPerPost: 5,
  postGapMs: 10,
  warmUpMs: 5_000,
  note: `200 sessions, 1,000 events/s; the sockets of ${browsers} browsers, of which one paints; visible rows; without the first 5 s`,
})

/** With this browser's sign-in, as many more sockets that watch the same page and say of every frame that it is painted. */
export async function crowdedFigures(
  cleanup: Cleanup,
  product: Product,
  console: ConsolePage,
  browsers: number,
): Promise<Figure[]> {
  const cookies = await console.page.context().cookies(product.url)
  const close = await otherBrowsers(
    cleanup,
    product.url,
    cookies.map(({ name, value }) => `${name}=${value}`).join('; '),
    browsers - 1,
  )
  const figures = await measure(product, console, crowded(browsers))
  await close()
  return figures
}

export async function domFigures(product: Product, console: ConsolePage, seconds: number): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const load of [quiet, busy(seconds * 2.5)]) figures.push(...(await measure(product, console, load)))
  return figures
}

async function measure(product: Product, { page, offsetMs }: ConsolePage, load: Load): Promise<Figure[]> {
  const client = ingestClient(product.url, key, 4)
  try {
    const names = Array.from({ length: load.sessions }, (_, index) => `${load.name}${index}`)
    const started = names.map((name) => sessionStarted(name, Date.now()))
    await client.send(ndjson(started), started.length)
    const visible = await visibleSessions(page, load)
    await watchPaint(page, '[role=table]', new RegExp(`${load.name}\\d+-m\\d+`))
    const sent = await drive(client, names, load)
    await sleep(1_500)
    const warm = sent.filter(({ atMs }) => atMs - (sent[0]?.atMs ?? 0) >= load.warmUpMs)
    const latencies = latenciesOf(warm, await takePainted(page), visible, offsetMs)
    const ended = names.map(
      (session): BenchEvent => ({ v: 1, kind: 'session.ended', atMs: Date.now(), session, data: {} }),
    )
    await client.send(ndjson(ended), ended.length)
    return figuresOf(load, latencies)
  } finally {
    client.close()
  }
}

function figuresOf(load: Load, { latenciesMs, missing }: Latencies): Figure[] {
  const note = `${load.note}; ${latenciesMs.length} measured`
  const figure = (p: number, aimMs: number): Figure => ({
    group: load.group,
    name: `event_to_painted_${load.name}_p${p}_ms`,
    value: percentile(latenciesMs, p),
    unit: 'ms',
    aim: { atMost: aimMs },
    note,
  })
  const lost: Figure = {
    group: load.group,
    name: `event_never_painted_${load.name}`,
    value: missing,
    unit: 'count',
    aim: { atMost: 0 },
    note: 'of visible rows, within 1.5 s of the end',
  }
  return [figure(50, load.aimP50Ms), figure(99, load.aimP99Ms), lost]
}

/** Sessions whose row lies inside the window once all are there. */
async function visibleSessions(page: Page, load: Load): Promise<ReadonlySet<string>> {
  const read = () =>
    page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('[data-session]')]
        .filter((row) => {
          const box = row.getBoundingClientRect()
          const list = row.closest('[role=rowgroup]')?.getBoundingClientRect()
          return list !== undefined && box.top >= list.top && box.bottom <= list.bottom
        })
        .map((row) => row.dataset.session ?? ''),
    )
  const expected = Math.min(load.sessions, 10)
  const visible = await until('the sessions are on screen', async () => {
    const seen = (await read()).filter((session) => session.startsWith(load.name))
    return seen.length >= expected && seen
  })
  await sleep(500) // the last of them are drawn too
  return new Set(visible)
}

type Sent = { session: string; turn: number; atMs: number }

/** Sends on a schedule of its own, never waiting for the server: a slow answer must not thin out the load. */
async function drive(client: IngestClient, names: readonly string[], load: Load): Promise<Sent[]> {
  const sent: Sent[] = []
  const answers: Promise<void>[] = []
  let failure: unknown
  const startMs = nowMs()
  for (let call = 0, post = 0; call < load.calls; post += 1) {
    const waitMs = startMs + post * load.postGapMs - nowMs()
    if (waitMs > 0) await sleep(waitMs)
    const events: BenchEvent[] = []
    const marks: Omit<Sent, 'atMs'>[] = []
    for (let i = 0; i < load.callsPerPost && call < load.calls; i += 1, call += 1) {
      const session = names[call % names.length] ?? ''
      const turn = Math.floor(call / names.length)
      if (turn > 0) events.push(actionEnded(session, `call-${turn - 1}`, Date.now()))
      events.push(actionStarted(session, `call-${turn}`, `npm test -- --shard ${session}-m${turn}`, Date.now()))
      marks.push({ session, turn })
    }
    const body = ndjson(events)
    const atMs = nowMs()
    const answered = client.send(body, events.length).catch((error: unknown) => {
      failure ??= error
    })
    answers.push(answered)
    for (const mark of marks) sent.push({ ...mark, atMs })
  }
  await Promise.all(answers)
  if (failure !== undefined) throw failure
  return sent
}

type Latencies = { latenciesMs: number[]; missing: number }

/** An event that a newer one of its session overtook before a paint counts until that newer one was painted: never less than it was. */
function latenciesOf(
  sent: readonly Sent[],
  painted: readonly { text: string; atMs: number }[],
  visible: ReadonlySet<string>,
  offsetMs: number,
): Latencies {
  const seen = new Map<string, { turn: number; atMs: number }[]>()
  for (const { text, atMs } of painted) {
    const [session, turn] = text.split('-m')
    if (session === undefined) continue
    const list = seen.get(session) ?? []
    list.push({ turn: Number(turn), atMs })
    seen.set(session, list)
  }
  const latenciesMs: number[] = []
  let missing = 0
  for (const { session, turn, atMs } of sent) {
    if (!visible.has(session)) continue
    const paint = seen.get(session)?.find((each) => each.turn >= turn)
    if (paint) latenciesMs.push(paint.atMs - (atMs + offsetMs))
    else missing += 1
  }
  return { latenciesMs, missing }
}
