// The audit log reader on recordings of real machines: what is counted, what is found, and what changed lines do.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { auditd } from './auditd.ts'
import { describeFixtures, fixtureBytes, fixtureFiles, fixtureText } from './fixtures-for-test.ts'
import { readAll } from './read-all-for-test.ts'
import { tetragon } from './tetragon.ts'

describeFixtures('audit log recordings', () => {
  const staged = 'staged-incident/A_auditd.log'
  const files = [...fixtureFiles('auditd'), staged]

  /** Counted by hand and with grep: records are events, and lines that are no record. */
  const expected = new Map([
    ['auditd/audit-rhel6.log', { lines: 2, understood: 1, skipped: 1, refused: 0, events: 1 }],
    ['auditd/audit-rhel7.log', { lines: 50, understood: 22, skipped: 26, refused: 1, events: 22 }],
    ['auditd/audit-ubuntu16.log', { lines: 3, understood: 3, skipped: 0, refused: 0, events: 3 }],
    ['auditd/slp_execve_sample.log', { lines: 311, understood: 311, skipped: 0, refused: 0, events: 311 }],
    ['auditd/ubuntu-17.04-linux-4.10.0.log', { lines: 36, understood: 13, skipped: 2, refused: 0, events: 14 }],
    [staged, { lines: 1754, understood: 355, skipped: 93, refused: 0, events: 355 }],
  ])
  const total = (counts: readonly { count: number }[]) => counts.reduce((sum, { count }) => sum + count, 0)

  it.each(files)('%s: every event is told once, in pieces of any size, with ids of its own', (path) => {
    const whole = readAll(auditd, fixtureBytes(path))
    expect({
      lines: whole.lines,
      understood: total(whole.understood),
      skipped: total(whole.skipped),
      refused: total(whole.refused),
      events: whole.events,
    }).toEqual(expected.get(path))
    expect(new Set(whole.made.map(({ id }) => id)).size).toBe(whole.events)
    for (const bytes of [1, 7]) expect(readAll(auditd, fixtureBytes(path), {}, bytes).made).toEqual(whole.made)
    expect(auditd.looksLike(fixtureText(path).slice(0, 4096), path)).toBe(true)
    expect(tetragon.looksLike(fixtureText(path).slice(0, 4096), path)).toBe(false)
  })

  it('finds every command and every connection of the staged incident', () => {
    const text = fixtureText(staged)
    const made = readAll(auditd, text).made
    const count = (pattern: RegExp) => text.match(pattern)?.length ?? 0
    const argvs = made.flatMap((event) =>
      event.kind === 'process.reported' && event.data.process.argv ? [event.data.process.argv] : [],
    )
    expect(argvs).toHaveLength(count(/^type=EXECVE /gm))
    expect(made.filter(({ kind }) => kind === 'connection.reported')).toHaveLength(count(/saddr=0200/g))
    expect(new Set(made.map(({ atMs }) => new Date(atMs).toISOString().slice(0, 10)))).toEqual(new Set(['2026-11-21']))

    const truth: unknown = JSON.parse(fixtureText('staged-incident/A_truth.json'))
    const { steps } = truth as { steps: { command: string }[] }
    const shells = argvs.filter((argv) => argv[0] === '/bin/bash').map((argv) => argv.at(-1))
    expect(steps).toHaveLength(20)
    // The log holds the address that was asked for; the labels name that one host otherwise.
    for (const step of steps) {
      const command = step.command.replace('https://pypi.lab/', 'https://pypi.org/')
      expect(shells.some((shell) => shell?.endsWith(command))).toBe(true)
    }

    const tunnel = made.filter(
      (event) =>
        event.kind === 'connection.reported' &&
        event.data.remote?.address === '203.0.113.66' &&
        event.data.remote.port === 22,
    )
    expect(tunnel).toMatchObject([{ data: { what: 'connected', process: { uid: 7001, comm: 'ssh' } } }])
    const titles = made.flatMap((event) => (event.kind === 'alert.raised' ? [event.data.title] : []))
    expect(titles.filter((title) => title === 'Audit rule removed')).toHaveLength(6)
    expect(titles).toContain('Auditing switched off')
    expect(titles).toContain('Audit daemon stopped')
  })

  it('throws nothing and makes only events that fit, whatever is changed in real lines', () => {
    const real = files.flatMap((path) => fixtureText(path).split('\n').filter(Boolean).slice(0, 120))
    const change = fc.tuple(
      fc.nat(600),
      fc.nat(8),
      fc.constantFrom('', '"', "'", '=', '-1', '99999999999999999999', '\x1d', 'FF', '[0]', ' '),
    )
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...real), fc.array(change, { maxLength: 3 })), {
          minLength: 1,
          maxLength: 12,
        }),
        (lines) => {
          const changed = lines.map(([line, changes]) =>
            changes.reduce((text, [at, length, value]) => text.slice(0, at) + value + text.slice(at + length), line),
          )
          const read = readAll(auditd, changed.join('\n'))
          expect(total(read.understood) + total(read.skipped) + total(read.refused)).toBe(read.records)
          expect(read.records).toBeLessThanOrEqual(changed.length)
          for (const { reason } of read.refusals) expect(reason).not.toMatch(/does not fit|reader failed/)
        },
      ),
      { numRuns: 400 },
    )
  })
})
