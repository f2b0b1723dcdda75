// The lanes of the one writer: what an agent can ask as often as it likes never delays a person, and still has its turn. And its two
// hands: a batch is announced and answered while the database works on the next.

import { randomUUID } from 'node:crypto'
import { expect, it, vi } from 'vitest'
import { emptyState } from './model/state.ts'
import { createPipeline, type Pipeline } from './pipeline.ts'
import { auditGenesis } from './protocol/audit.ts'
import type { EventInput } from './protocol/event.ts'
import type { EventId } from './protocol/ids.ts'

/** Every transaction takes a turn of the event loop, as a database would. */
const aTurn = () => new Promise<void>((resolve) => setImmediate(resolve))

function pipelineOnMemory(
  commit = aTurn,
  onError = (context: string, error: unknown): void => {
    throw new Error(`${context}: ${error}`)
  },
) {
  const log: string[] = []
  let head = 0
  const pipeline = createPipeline({
    log: {
      partition: 0,
      headSeq: () => head,
      isConnected: () => true,
      auditHead: () => ({ n: 0, hash: auditGenesis }),
      async append({ rows }: { rows: readonly unknown[] }) {
        await commit()
        head += rows.length
        return new Set<number>()
      },
      close: async () => undefined,
    },
    state: emptyState(),
    streams: [],
    nowMs: () => 1,
    newEventId: () => randomUUID() as EventId,
    onError,
  })
  pipeline.onCommit(({ events }) => {
    for (const event of events) log.push(event.kind === 'audit.recorded' ? event.data.subject : event.kind)
  }, 'first')
  return { pipeline, log }
}

const audit = (subject: string): EventInput => {
  const data = { by: { type: 'server' as const, id: 's', name: 's' }, change: 'test', subject }
  return { v: 1, kind: 'audit.recorded', atMs: 1, data }
}
const ask = (pipeline: Pipeline, subject: string, lane?: 'urgent' | 'ordinary') =>
  pipeline.command(() => ({ result: subject, events: [audit(subject)], trust: 'vigil' }), ...(lane ? [{ lane }] : []))

it('commits an operator’s command before the rest of 500 gate asks that were queued first', async () => {
  const { pipeline, log } = pipelineOnMemory()
  const asks = Array.from({ length: 500 }, (_, index) => ask(pipeline, `ask-${index}`, 'ordinary'))
  await Promise.all(asks.slice(0, 3))
  const clicks = [ask(pipeline, 'click-1'), ask(pipeline, 'click-2', 'urgent')]
  await Promise.all([...asks, ...clicks])
  const place = log.indexOf('click-1')
  // One ask may be on its way to the database already.
  expect(place).toBeLessThanOrEqual(5)
  expect(log[place + 1]).toBe('click-2')
  expect(log.filter((each) => each.startsWith('ask-'))).toEqual(asks.map((_, index) => `ask-${index}`))
})

it('gives a gate ask its turn while evidence never ends, and still puts an operator’s command before it', async () => {
  const { pipeline, log } = pipelineOnMemory()
  const evidence = () => pipeline.submit({ sender: { type: 'vigil' }, events: [audit('evidence')] })
  let rounds = 0
  // Before the writer looks for its next batch, so that something urgent always waits.
  pipeline.onCommit(() => {
    rounds += 1
    if (rounds < 200) void evidence()
  })
  void evidence()
  const asks = ['ask-0', 'ask-1', 'ask-2'].map((each) => ask(pipeline, each, 'ordinary'))
  await asks[0]
  const click = ask(pipeline, 'click')
  await Promise.all([...asks, click])
  expect(rounds).toBeLessThan(30)
  expect(log.filter((each) => each !== 'evidence')).toEqual(['ask-0', 'click', 'ask-1', 'ask-2'])
})

it('hands the next batch to the database before it announces the last, and decides it on a state that has the last', async () => {
  const commits: (() => void)[] = []
  const { pipeline, log } = pipelineOnMemory(() => new Promise((resolve) => commits.push(resolve)))
  const submit = (subject: string) => pipeline.submit({ sender: { type: 'vigil' }, events: [audit(subject)] })
  const first = submit('first')
  await vi.waitUntil(() => commits.length === 1)
  const decidedAtSeq = pipeline.command((state) => ({
    result: state.headSeq.get(0),
    events: [audit('second')],
    trust: 'vigil',
  }))
  expect(log).toEqual([])
  commits[0]?.()
  expect(await first).toMatchObject({ accepted: 1, headSeq: 1 })
  expect(commits).toHaveLength(2)
  expect(log).toEqual(['first'])
  commits[1]?.()
  expect(await decidedAtSeq).toBe(1)
  expect(log).toEqual(['first', 'second'])
})

it('answers a command before others are told of it, wakes first whoever waits for it, and tells all before the next commit changes the state', async () => {
  const { pipeline } = pipelineOnMemory()
  const order: string[] = []
  const seqs: number[] = []
  pipeline.onCommit(({ events }) => order.push(`woken ${events.length}`), 'first')
  pipeline.onCommit(({ events }) => {
    order.push(`told ${events.length}`)
    seqs.push(pipeline.state.headSeq.get(0) ?? 0)
    for (const event of events) expect(event.seq).toBe(pipeline.state.headSeq.get(0))
  })
  await Promise.all([
    ask(pipeline, 'one').then(() => order.push('answered one')),
    ask(pipeline, 'two').then(() => order.push('answered two')),
  ])
  await expect.poll(() => seqs.length).toBe(2)
  expect(order).toEqual(['woken 1', 'answered one', 'told 1', 'woken 1', 'answered two', 'told 1'])
  expect(seqs).toEqual([1, 2])
})

it('announces and answers what is durable although the database refuses what comes after it', async () => {
  const commits: { resolve: () => void; reject: (error: Error) => void }[] = []
  const commit = () => new Promise<void>((resolve, reject) => commits.push({ resolve, reject }))
  const { pipeline, log } = pipelineOnMemory(commit, () => undefined)
  const submit = (subject: string) => pipeline.submit({ sender: { type: 'vigil' }, events: [audit(subject)] })
  const first = submit('first')
  await vi.waitUntil(() => commits.length === 1)
  const refused = submit('refused')
  commits[0]?.resolve()
  await first
  commits[1]?.reject(new Error('a value that PostgreSQL refuses'))
  await expect(refused).rejects.toThrow('refuses')
  expect(log).toEqual(['first'])
  const third = submit('third')
  await vi.waitUntil(() => commits.length === 3)
  commits[2]?.resolve()
  await third
  expect(log).toEqual(['first', 'third'])
})

it('writes ordinary commands about different sessions in one transaction, and the second about one session only after the first is applied', async () => {
  let commits = 0
  const { pipeline, log } = pipelineOnMemory(async () => {
    commits += 1
    await aTurn()
  })
  const seen: Record<string, number> = {}
  const askAbout = (subject: string, about: string) =>
    pipeline.command(
      () => {
        seen[subject] = log.length
        return { result: subject, events: [audit(subject)], trust: 'vigil' }
      },
      { lane: 'ordinary', about },
    )
  await Promise.all([
    askAbout('a-1', 'session a'),
    askAbout('b-1', 'session b'),
    askAbout('a-2', 'session a'),
    askAbout('c-1', 'session c'),
    askAbout('b-2', 'session b'),
  ])
  expect(log).toEqual(['a-1', 'b-1', 'a-2', 'c-1', 'b-2'])
  expect(commits).toBe(2)
  expect(seen).toEqual({ 'a-1': 0, 'b-1': 0, 'a-2': 2, 'c-1': 2, 'b-2': 2 })
})

it('writes an operator’s commands one by one, whatever they say they are about', async () => {
  let commits = 0
  const { pipeline } = pipelineOnMemory(async () => {
    commits += 1
    await aTurn()
  })
  const click = (about: string) =>
    pipeline.command(() => ({ result: about, events: [audit(about)], trust: 'vigil' }), { about })
  await Promise.all([click('session a'), click('session b'), click('session c')])
  expect(commits).toBe(3)
})

it('refuses one of a group that cannot be decided, and writes its neighbours', async () => {
  const errors: string[] = []
  const { pipeline, log } = pipelineOnMemory(aTurn, (context) => errors.push(context))
  const about = (subject: string, decide: () => EventInput) =>
    pipeline.command(() => ({ result: subject, events: [decide()], trust: 'vigil' }), {
      lane: 'ordinary',
      about: subject,
    })
  const fail = (): EventInput => {
    throw new Error('cannot be decided')
  }
  const [first, second, third] = await Promise.allSettled([
    about('a', () => audit('a')),
    about('b', fail),
    about('c', () => audit('c')),
  ])
  expect([first.status, second.status, third.status]).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(log).toEqual(['a', 'c'])
  expect(errors).toEqual(['append'])
})
