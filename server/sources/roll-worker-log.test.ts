import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HostId, SessionId } from '../protocol/ids.ts'
import { readAll } from './read-all-for-test.ts'
import { rollWorkerLog } from './roll-worker-log.ts'

const line = (message: string, { level = 'INFO', file = 'agentic_pipeline.py', second = 0 } = {}) =>
  `[2026-03-01 10:00:${String(second).padStart(2, '0')}] [${file} (126)] [${level}] [DRIVER 0 / 1][PID 4711] ${message}`
const read = (text: string, context = {}) => readAll(rollWorkerLog, text, context)
const dataOf = (text: string) => read(text).made.map(({ data }) => data)

describe('rollWorkerLog', () => {
  it('reads time, worker, level, phase and step of a line', () => {
    const all = read(line('pipeline rollout global step 12 start...'), {
      zoneOffsetMinutes: 480,
      host: HostId.parse('gpu-1'),
    })
    expect(all.made).toMatchObject([
      {
        kind: 'trainer.reported',
        atMs: Date.parse('2026-03-01T10:00:00+08:00'),
        host: 'gpu-1',
        data: {
          phase: 'rollout',
          step: 12,
          worker: 'DRIVER 0 / 1',
          level: 'info',
          message: 'pipeline rollout global step 12 start...',
        },
      },
    ])
    expect(all.made[0]).not.toHaveProperty('session')
    expect(read(line('x'), { session: SessionId.parse('mine') }).made[0]?.session).toBe('mine')
  })

  it('finds the phase in a tag, in words, else in the module', () => {
    const phases = [
      '[ENV_STEP] step: 3, reward: 1',
      'reset_time 3',
      'compute reward',
      'save checkpoint-5',
      'model_update done',
      'hello',
    ].map((message) => (dataOf(line(message))[0] as { phase: string }).phase)
    expect(phases).toEqual(['env_step', 'agentic_pipeline', 'reward', 'checkpoint', 'model_update', 'agentic_pipeline'])
  })

  it('keeps a traceback with its record, as one', () => {
    const text = [
      line('worker died', { level: 'ERROR' }),
      'Traceback (most recent call last):',
      '  File "x.py", line 1, in <module>',
      'ValueError: no',
      line('next', { second: 1 }),
    ].join('\n')
    const all = read(text)
    expect(all.records).toBe(2)
    expect(all.made[0]?.data).toMatchObject({
      level: 'error',
      message: expect.stringMatching(/^worker died\nTraceback[\s\S]*ValueError: no$/),
    })
  })

  it('cuts a record without an end, and still tells it once', () => {
    const all = read([line('long'), ...Array.from({ length: 5_000 }, () => 'x'.repeat(100)), line('next')].join('\n'))
    expect(all.records).toBe(2)
    expect(all.refused).toEqual([])
  })

  it('reads metrics as numbers, with the step that they are of', () => {
    expect(dataOf(line('{"system/step": 7, "critic/score/mean": 0.25, "bad": NaN, "name": "x"}'))).toMatchObject([
      { phase: 'log', step: 7, numbers: { 'system/step': 7, 'critic/score/mean': 0.25 } },
    ])
  })

  it("reads lines through Ray, with colors, and in other orders of Python's logging", () => {
    const all = read(
      [
        `\u001b[36m(ActorWorker pid=77, ip=192.0.2.7)\u001b[0m ${line('a')}`,
        '(InferWorker pid=78) [2026-03-01 10:00:01,250] [WARNING] [scheduler.py:12] queue is full',
        '2026-03-01 10:00:02,500 - roll.worker - ERROR - gone',
      ].join('\n'),
    )
    expect(all.made.map(({ host, data }) => [host, data])).toMatchObject([
      ['192.0.2.7', { worker: 'DRIVER 0 / 1' }],
      [undefined, { worker: 'InferWorker', level: 'warning', phase: 'scheduler', message: 'queue is full' }],
      [undefined, { level: 'error', phase: 'roll.worker', message: 'gone' }],
    ])
  })

  it('skips what stands before the first record and refuses impossible times', () => {
    const all = read(`add logger: log_rank_DRIVER\n${line('a').replace('2026-03-01', '2026-13-01')}`)
    expect(all.skipped).toMatchObject([{ reason: 'line before the first record of the log', count: 1 }])
    expect(all.refused).toMatchObject([{ reason: 'time is missing or outside of the years 2000 to 2100', count: 1 }])
  })

  it('gives the same for pieces of any size, the same ids when read again, and others to lines that repeat', () => {
    const text = [line('a'), line('a'), 'more', line('a'), line('b')].join('\n')
    const once = read(text)
    for (const piece of [1, 7]) expect(readAll(rollWorkerLog, text, {}, piece)).toEqual(once)
    expect(read(text).made).toEqual(once.made)
    expect(
      read([line('a'), line('a'), line('a')].join('\n'))
        .made.map(({ id }) => id)
        .filter((id, at, all) => all.indexOf(id) !== at),
    ).toEqual([])
  })

  it('never throws on damaged lines, and makes only what fits', () => {
    const text = [
      line('pipeline step 3 {"a": 1}'),
      'Traceback',
      line('{"__proto__": 1, "step": 2.5}'),
      `(A pid=1) ${line('x')}`,
    ].join('\n')
    expect(rollWorkerLog.looksLike(text, 'x.log')).toBe(true)
    fc.assert(
      fc.property(
        fc.nat(text.length),
        fc.constantFrom('', '[', ']', '-1', '\n', '\u001b[1m', '{'.repeat(2_000), '9'.repeat(400)),
        fc.nat(9),
        (place, put, cut) => {
          const reasons = read(text.slice(0, place) + put + text.slice(place + cut)).refused.map(({ reason }) => reason)
          expect(reasons.filter((reason) => /does not fit the log|the reader failed/.test(reason))).toEqual([])
        },
      ),
      { numRuns: 200 },
    )
  })
})
