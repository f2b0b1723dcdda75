import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SessionId } from '../protocol/ids.ts'
import { readAll } from './read-all-for-test.ts'
import { rockCommandLog } from './rock-command-log.ts'

const line = (message: string, { second = 0, sandbox = 'box-1', trace = 't1' } = {}) =>
  `2026-03-01T18:00:${String(second).padStart(2, '0')}.250+08:00 INFO:rocklet.py:148 [command] [${sandbox}] [${trace}] -- ${message}`
const at = (second: number) => Date.parse('2026-03-01T10:00:00.250Z') + second * 1_000
const read = (lines: string[], context = {}) => readAll(rockCommandLog, lines.join('\n'), context)

describe('rockCommandLog', () => {
  it('joins a command, its output over many lines and its exit code', () => {
    const all = read([
      line('[create_session]:agent', { trace: 't0' }),
      line('[run_in_session input][agent]:cd /srv &&', { second: 1 }),
      'curl http://192.0.2.7/x',
      line('[run_in_session output][agent]:curl: (7) no route', { second: 4 }),
      'second line',
      line('[run_in_session exit_code][agent]:7', { second: 4 }),
      line('[close_session]:agent', { second: 5, trace: 't2' }),
    ])
    expect(all.refused).toEqual([])
    expect(all.made).toMatchObject([
      { kind: 'session.started', session: 'box-1', atMs: at(0), data: { held: 'none', labels: { sandbox: 'box-1' } } },
      {
        kind: 'action.started',
        atMs: at(1),
        data: { tool: 'shell', input: 'cd /srv &&\ncurl http://192.0.2.7/x', call: 'trace t1' },
      },
      {
        kind: 'action.ended',
        atMs: at(4),
        data: {
          call: 'trace t1',
          outcome: 'error',
          exitCode: 7,
          output: 'curl: (7) no route\nsecond line',
          durationMs: 3_000,
        },
      },
    ])
    expect(all.records).toBe(5)
  })

  it('takes an output that no exit code follows as a good end, and says nothing of what execute returned', () => {
    const all = read([
      line('[run_in_session input][a]:ls'),
      line('[run_in_session output][a]:x', { second: 1 }),
      line('[execute input]:id', { second: 2, trace: 't2' }),
      line('[execute stdout]:uid=0', { second: 3, trace: 't2' }),
      line('[execute stderr]:warned', { second: 3, trace: 't2' }),
    ])
    const ends = all.made.flatMap((event) => (event.kind === 'action.ended' ? [event.data] : []))
    expect(ends).toMatchObject([
      { call: 'trace t1', outcome: 'ok', output: 'x' },
      { call: 'trace t2', outcome: 'unknown', output: 'uid=0\nwarned' },
    ])
  })

  it('keeps commands of several sandboxes apart, whose records lie between each other', () => {
    const other = { sandbox: 'box-2', trace: 't2' }
    const all = read([
      line('[run_in_session input][a]:sleep 5'),
      line('[run_in_session input][a]:ls', { second: 1, ...other }),
      line('[run_in_session output][a]:y', { second: 2, ...other }),
      line('[run_in_session exit_code][a]:1', { second: 6 }),
      line('[run_in_session failure_reason][a]:timeout', { second: 7, ...other, trace: 't3' }),
    ])
    const ends = all.made.flatMap((event) =>
      event.kind === 'action.ended' ? [[event.session, event.data.call, event.data.outcome]] : [],
    )
    expect(ends).toEqual([
      ['box-2', 'trace t2', 'ok'],
      ['box-1', 'trace t1', 'error'],
      ['box-2', 'trace t3', 'error'],
    ])
  })

  it('reads files that were read and written, and uploads', () => {
    const all = read([
      line('[read_file input]: /etc/passwd'),
      line('[read_file output]: root'),
      line('[write_file input]: /tmp/x', { trace: 't2' }),
      line('[write_file content]: evil', { trace: 't2' }),
      line('[upload source]: /a', { trace: 't3' }),
      line('[upload target]: /b', { trace: 't3' }),
      line('[upload output]: upload success!', { trace: 't3' }),
    ])
    expect(
      all.made.filter(({ kind }) => kind !== 'session.started').map(({ kind, data }) => [kind, data]),
    ).toMatchObject([
      ['action.started', { tool: 'read_file', input: '/etc/passwd' }],
      ['action.ended', { tool: 'read_file', outcome: 'ok', output: 'root' }],
      ['action.started', { tool: 'write_file', input: '/tmp/x' }],
      ['action.ended', { tool: 'write_file', outcome: 'unknown' }],
      ['action.started', { tool: 'upload', input: '/a' }],
      ['action.ended', { tool: 'upload', outcome: 'ok' }],
    ])
  })

  it('reads older logs without a trace or a shell, and logs with colors', () => {
    const old = (message: string) =>
      `\u001b[32m2026-03-01 10:00:00,250 INFO:local_sandbox.py:9 [command] [box-1] --\u001b[0m ${message}`
    const all = read([
      old('[run_in_session input]: ls'),
      old('[run_in_session output]: x'),
      old('[run_in_session exit_code]: 2'),
    ])
    const [, start, end] = all.made
    const call = start?.kind === 'action.started' ? start.data.call : 'none'
    expect(end).toMatchObject({ kind: 'action.ended', atMs: at(0), data: { call, exitCode: 2, output: 'x' } })
  })

  it('refuses commands of no sandbox, takes the session that the sender names, and skips other records', () => {
    const message = '[run_in_session input][a]:ls'
    expect(read([line(message, { sandbox: '' })]).refused).toMatchObject([
      { reason: 'command of a sandbox without an id that can name a session' },
    ])
    expect(read([line(message, { sandbox: '<b>' })]).refused).toHaveLength(1)
    expect(read([line(message, { sandbox: '' })], { session: SessionId.parse('mine') }).made[1]?.session).toBe('mine')
    expect(read([line(message)], { boundSession: SessionId.parse('mine') }).made[1]?.session).toBe('mine')
    expect(read(['noise', line('env:{}')]).skipped.map(({ reason }) => reason)).toEqual([
      'line before the first record of the log',
      'record of the sandbox that is no command',
    ])
    expect(read([line(message).replace('2026-', '1999-')]).refused).toMatchObject([
      { reason: 'time is missing or outside of the years 2000 to 2100' },
    ])
  })

  it('keeps open commands within bounds', () => {
    const all = read([
      ...Array.from({ length: 3_000 }, (_, index) => line('[execute input]:id', { trace: `t${index}` })),
      line('[execute stdout]:x', { trace: 't0' }),
    ])
    expect(all.made.at(-1)).toMatchObject({ kind: 'action.ended', data: { call: 'trace t0', output: 'x' } })
    expect(all.made.at(-1)?.data).not.toHaveProperty('durationMs')
  })

  it('gives the same for pieces of any size, and the same ids when read again', () => {
    const lines = [
      line('[run_in_session input][a]:ls'),
      line('[run_in_session output][a]:x'),
      'y',
      line('[execute input]:id', { trace: 't2' }),
    ]
    const once = read(lines)
    for (const piece of [1, 7]) expect(readAll(rockCommandLog, lines.join('\n'), {}, piece)).toEqual(once)
    expect(new Set(once.made.map(({ id }) => id)).size).toBe(once.made.length)
    expect(read(lines).made).toEqual(once.made)
  })

  it('never throws on damaged lines, and makes only what fits', () => {
    const text = [
      line('[run_in_session input][a]:ls'),
      line('[run_in_session output][a]:x'),
      line('[run_in_session exit_code][a]:1'),
    ].join('\n')
    expect(rockCommandLog.looksLike(text, 'command.log')).toBe(true)
    fc.assert(
      fc.property(
        fc.nat(text.length),
        fc.constantFrom('', '[', ']', '-1', '\n', '\u001b[1m', '9'.repeat(400), ' '.repeat(3_000)),
        fc.nat(9),
        (place, put, cut) => {
          const reasons = readAll(rockCommandLog, text.slice(0, place) + put + text.slice(place + cut)).refused.map(
            ({ reason }) => reason,
          )
          expect(reasons.filter((reason) => /does not fit the log|the reader failed/.test(reason))).toEqual([])
        },
      ),
      { numRuns: 200 },
    )
  })
})
