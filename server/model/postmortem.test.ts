// given an incident and what happened around it, when a postmortem is made, then it says what the facts say and no more, and nothing in it is markup.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { IncidentDetail } from '../protocol/incident.ts'
import type { IncidentTimeline, TimelineItem } from '../protocol/incident-timeline.ts'
import { citationOf, type PostmortemSection, type WrittenSection } from '../protocol/postmortem-section.ts'
import { episodeStartMs } from './event-for-test.ts'
import { postmortemMarkdown } from './postmortem.ts'
import { projectPostmortem } from './postmortem-facts.ts'
import { timelineCsv } from './timeline-csv.ts'

const minuteMs = 60_000
const incident = (change: Partial<IncidentDetail> = {}): IncidentDetail =>
  ({
    incident: 'INC-3',
    title: 'Reverse SSH tunnel, then GPU mining on gpu-node-17',
    severity: 'sev1',
    status: 'contained',
    isDrill: false,
    because: 'a flag of severity high: session ep-1',
    owner: { type: 'operator', id: 'u', name: 'Ada' },
    sessions: ['ep-1'],
    moreSessions: false,
    containedSessions: 1,
    forgottenSessions: 0,
    hosts: ['gpu-node-17'],
    flagCount: 2,
    tactics: ['command-and-control', 'impact'],
    techniques: ['T1572', 'T1496'],
    firstAtMs: episodeStartMs,
    detectedAtMs: episodeStartMs + 1_100,
    newestAtMs: episodeStartMs + minuteMs,
    acknowledgedAtMs: episodeStartMs + 2 * minuteMs,
    containedAtMs: episodeStartMs + 4 * minuteMs + 8_000,
    offTask: { gpuHours: 0.42, usd: 1.05 },
    seq: 9,
    flags: [],
    log: [],
    ...change,
  }) as IncidentDetail

const item = (change: Partial<TimelineItem>): TimelineItem =>
  ({
    id: 'x',
    lane: 'agent',
    form: 'span',
    atMs: episodeStartMs,
    seenAtMs: episodeStartMs,
    label: 'shell: pytest -q',
    detail: 'pytest -q',
    tone: 'plain',
    trust: 'agent',
    kind: 'action.started',
    ...change,
  }) as TimelineItem
const timeline = (items: TimelineItem[], change: Partial<IncidentTimeline> = {}): IncidentTimeline =>
  ({
    incident: 'INC-3',
    fromMs: episodeStartMs,
    toMs: episodeStartMs + 10 * minuteMs,
    items,
    leftOut: [],
    gpus: [],
    gpusLeftOut: 0,
    sessionsLeftOut: 0,
    ...change,
  }) as IncidentTimeline
const facts = (of: IncidentDetail, items: TimelineItem[] = [], written: WrittenSection[] = []) =>
  projectPostmortem({
    incident: of,
    timeline: timeline(items),
    written,
    consoleUrl: 'https://vigil.example',
    nowMs: episodeStartMs,
  })
const written = (...given: Parameters<typeof facts>) => postmortemMarkdown(facts(...given))
const section = (name: PostmortemSection, text: string, change: Partial<WrittenSection> = {}): WrittenSection => ({
  section: name,
  text,
  by: { type: 'operator', id: 'u', name: 'Ada' },
  atMs: episodeStartMs,
  version: 2,
  ...change,
})
const factId = '0b5e2f3a-0000-4000-8000-000000000001'

describe('a postmortem', () => {
  it('tells delays, impact, classification and what was tied, with where to look', () => {
    const text = written(incident(), [
      item({ id: 'a' }),
      item({
        id: 'f',
        lane: 'firewall',
        kind: 'alert.raised',
        label: 'ET SSH outbound',
        tie: { to: 'a', level: 'likely' },
      }),
    ])
    expect(text).toContain('# INC-3: Reverse SSH tunnel, then GPU mining on gpu-node-17')
    expect(text).toContain('| Detected, from the first evidence | 1.1 s |')
    expect(text).toContain('| Contained as observed, from detection | 4 min 7 s |')
    expect(text).toContain('0.42 GPU-hours beside the task, $1.05')
    expect(text).toContain('1 of 1 firewall alert tied to the tool call behind it')
    expect(text).toContain('Taxonomy: Safety & security')
    expect(text).toContain('https://vigil.example/incidents/INC-3/postmortem')
    expect(text).not.toContain('drill')
  })

  it('claims nothing that was not observed, and says what is missing', () => {
    const unseen = { ...incident({ status: 'open', containedSessions: 0 }) }
    delete unseen.containedAtMs
    delete unseen.acknowledgedAtMs
    delete unseen.offTask
    const text = written(unseen, [
      item({ lane: 'gaps', kind: 'gap.recorded', label: '300 samples shed' }),
      item({ lane: 'firewall', kind: 'alert.raised', label: 'ET SSH outbound' }),
    ])
    expect(text).not.toContain('Contained as observed, from detection | 4')
    expect(text).toContain('Not contained: 0 of 1 session seen held or ended')
    expect(text).toContain('Nobody acknowledged it')
    expect(text).toContain('1 firewall alert tied to no tool call')
    expect(text).toContain('Telemetry was missing')
    expect(text).toContain('that none was spent is not proven')
  })

  it('counts an alert as tied whose tool call it does not hold, and says that it does not', () => {
    const alert = (change: object) => item({ lane: 'firewall', kind: 'alert.raised', label: 'ET SSH', ...change })
    const of = facts(incident(), [alert({ id: 'f', tiedBeyond: true }), alert({ id: 'g' })])
    const text = postmortemMarkdown(of)
    expect(text).toContain('1 of 2 firewall alerts tied to the tool call behind it')
    expect(text).toContain('- 1 firewall alert tied to no tool call\n')
    expect(text).toContain('- 1 firewall alert tied to a call that this document does not hold')
    expect(of.evidence.tiedBeyond).toBe(1)
    expect(of.timeline.items.map(({ id }) => id)).toEqual(['f', 'g'])
  })

  it('says of what was merged where it goes on, and never that it is resolved', () => {
    const of = incident({ status: 'resolved', mergedInto: 'INC-2' as never })
    delete of.containedAtMs
    const text = written({ ...of, containedSessions: 0 })
    expect(text).toContain('| Status | goes on as a part of INC-2 |')
    expect(text).toContain('It goes on as a part of INC-2, and is written there.')
    expect(text).toContain('| Resolved, from detection | a part of INC-2 |')
    expect(text).toContain('Not seen contained before it became a part of INC-2')
    expect(text).not.toContain('resolved')
  })

  it('is contradicted by nothing in it where all were held before anybody saw since when', () => {
    const of = incident({ status: 'contained' })
    delete of.containedAtMs
    const text = written(of)
    expect(text).toContain('Every session is seen held or ended, since when is not known')
    expect(text).toContain('| Contained as observed, from detection | not known |')
    expect(text).not.toContain('Not contained')
  })

  it('says never of what is over without it, not yet of what goes on, and not known where memory has let go of a session', () => {
    const contained = (change: Partial<IncidentDetail>) => {
      const of = incident({ containedSessions: 0, ...change })
      delete of.containedAtMs
      return written(of)
    }
    const row = (says: string) => `| Contained as observed, from detection | ${says} |`
    expect(contained({ status: 'open' })).toContain(row('not yet'))
    const over = { status: 'resolved', resolvedAtMs: episodeStartMs + 9 * minuteMs } as const
    expect(contained(over)).toContain(row('never'))
    expect(contained(over)).toContain('Not contained: 0 of 1 session seen held or ended')
    const forgotten = contained({ ...over, forgottenSessions: 1 })
    expect(forgotten).toContain(row('not known'))
    expect(forgotten).not.toContain('Not contained')
    expect(forgotten).toContain('Whether it was contained is not known')
  })

  it('tells a source’s clock that runs ahead as that, and not as a success', () => {
    const text = written(incident({ firstAtMs: episodeStartMs + 10 * minuteMs }), [
      item({ id: 'a', atMs: episodeStartMs + 10 * minuteMs, label: 'ahead' }),
      item({ id: 'b', label: 'now' }),
      item({ id: 'c', atMs: episodeStartMs - minuteMs, label: 'late' }),
    ])
    expect(text).toContain('| Detected, from the first evidence | not known |')
    expect(text).not.toMatch(/Detected .* after the first evidence/)
    const known = (label: string) =>
      text
        .split('\n')
        .find((line) => line.includes(`\`${label}\``))
        ?.split(' | ')[1]
    expect([known('ahead'), known('now'), known('late')]).toEqual([
      'its clock is 10 min 0 s ahead',
      'at once',
      '1 min 0 s later',
    ])
  })

  it('measures nothing where what is done lies before what was detected, as after a split', () => {
    const text = written(incident({ detectedAtMs: episodeStartMs + 3 * minuteMs }))
    expect(text).toContain('| Acknowledged, from detection | not known | 2026-')
  })

  it('does not say that a host held what ended by itself', () => {
    expect(written(incident())).toContain('Every session was read as held or ended 4 min 7 s after detection')
  })

  it('says of a drill that it was one', () => {
    expect(written(incident({ isDrill: true }))).toContain('**This was a drill.**')
  })

  it('makes no link of an address that an agent put into a name', () => {
    const text = written(incident({ title: 'Tunnel by https://evil.example/x', because: 'www.evil.example' }))
    for (const [whole] of text.matchAll(/.?(?:https:\/\/|www\.)evil\.example/g)) expect(whole).toMatch(/^[ `]/)
    expect(text).toContain('# INC-3: `Tunnel by https://evil.example/x`')
    expect(text).toContain('Opened by `www.evil.example`.')
  })

  it('lets no text of an agent or a person leave its place, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (evil) => {
        const label = `${evil}\n# Not a heading <img src=x onerror=1> ![x](http://evil.example/p.png) \`\`\` | cell |`
        const note = { atMs: episodeStartMs, seq: 1, change: { type: 'note' as const, text: label } }
        const of = incident({ log: [note], title: label.slice(0, 160) })
        const text = written(of, [item({ label })], [section('causes', label)])
        const headings = text.split('\n').filter((line) => /^#{1,2} /.test(line))
        expect(headings).toHaveLength(11)
        const rows = text.split('\n').filter((line) => line.includes('| agent | '))
        expect(rows).toHaveLength(1)
        expect(rows[0]?.split('|')).toHaveLength(7)
        for (const line of text.split('\n')) {
          if (line.includes('`')) continue
          expect(line).not.toMatch(/(^|[^\\])<[a-z!/]/i)
          expect(line).not.toContain('![')
        }
      }),
    )
  })
})

describe('what people write in it', () => {
  it('stands in its place with their name, time and version, beside the facts and never in their stead', () => {
    const text = written(incident(), [], [section('worked', 'We **saw** it.'), section('followUps', '- [ ] gate ssh')])
    expect(text).toMatch(
      /## What worked\n\n- Detected 1\.1 s after the first evidence\n.*\n\n\*\*Written by Ada\*\*, 2026-.*, version 2:\n\n> We \*\*saw\*\* it\./,
    )
    expect(text).toContain('> - [ ] gate ssh')
    expect(text).toMatch(/## Causes\n\nNobody wrote this yet\./)
  })

  it('cites facts: each with its time and who vouches for it, or that it is not there', () => {
    const cites = [section('causes', `Seen here:\n${citationOf(factId)}\n${citationOf(factId.replace('1', '2'))}`)]
    const of = facts(incident(), [item({ id: factId, trust: 'kernel', label: 'ssh 4711' })], cites)
    expect(of.cited.map(({ id }) => id)).toEqual([factId])
    const text = postmortemMarkdown(of)
    expect(text).toMatch(/> - Evidence, agent, 2026-.*, by the word of kernel: `ssh 4711`/)
    expect(text).toContain('not in the timeline that this document reads')
  })

  it('begins no HTML, fetches nothing and leaves its quotation nowhere, whatever was pasted into it', () => {
    const pasted = '<b>x</b> ![x](http://evil.example/p.png)\n# Not a heading\n\n## Nor this'
    const text = written(incident(), [], [section('causes', pasted)])
    expect(text).toContain('> \\<b>x\\</b> !\\[x](http://evil.example/p.png)\n> # Not a heading\n> \n> ## Nor this')
  })

  it('begins no HTML however many backslashes stand before it', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('\\', '<', 'b', '!', '[', '`'), maxLength: 40 }), (evil) => {
        const text = written(incident(), [], [section('causes', evil)])
        for (const [, before = ''] of text.matchAll(/(\\*)</g)) expect(before.length % 2).toBe(1)
      }),
    )
    // and what was escaped already stays as it was written
    expect(written(incident(), [], [section('causes', '\\<b>')])).toContain('> \\<b>\n')
    expect(written(incident(), [], [section('causes', '\\\\<b>')])).toContain('> \\\\\\<b>\n')
  })

  it('counts as not written once it was emptied, and what comes next goes on from that version', () => {
    const of = facts(incident(), [], [section('causes', '', { version: 3 })])
    expect(postmortemMarkdown(of)).toMatch(/## Causes\n\nNobody wrote this yet\./)
    expect(of.written).toMatchObject([{ section: 'causes', version: 3 }])
  })
})

describe('the evidence that a postmortem shows', () => {
  it('is flags, receipts and ties, the worst of many, in the order of time, and says how many more there are', () => {
    const many = Array.from({ length: 30 }, (_, n) =>
      item({ id: `f${n}`, lane: 'flags', kind: 'flag.raised', tone: n === 29 ? 'critical' : 'warn', atMs: 1_000 + n }),
    )
    const { evidence } = facts(incident(), [
      item({ id: 'a' }),
      ...many,
      item({ id: 'r', lane: 'operators', kind: 'control.ended', tone: 'critical', label: 'Control failed' }),
      item({ id: 'n', lane: 'firewall', kind: 'alert.raised', tie: { to: 'a', level: 'likely' } }),
      item({ id: 'lost', lane: 'firewall', kind: 'alert.raised', tie: { to: 'not there', level: 'likely' } }),
    ])
    expect(evidence.flags).toHaveLength(12)
    expect(evidence.flags.at(-1)?.id).toBe('f29')
    expect(evidence.left).toEqual({ flags: 18, receipts: 0, ties: 0 })
    expect(evidence.receipts.map(({ id }) => id)).toEqual(['r'])
    expect(evidence.ties.map(({ fact, action }) => [fact.id, action.id])).toEqual([['n', 'a']])
  })
})

describe('the timeline as CSV', () => {
  it('has a row a fact, and runs nothing in a spreadsheet', () => {
    const csv = timelineCsv(
      timeline([item({ label: '=HYPERLINK("x")', detail: 'a, "b"\nc' }), item({ label: '@SUM(1)' })]),
    )
    const lines = csv.split('\r\n')
    expect(lines[0]).toBe('at_utc,end_utc,seen_utc,lane,kind,what,detail,trust,session,tied_to,confidence')
    expect(lines[1]).toContain(`"'=HYPERLINK(""x"")"`)
    expect(lines[1]).toContain('"a, ""b""\nc"')
    expect(lines[2]).toContain(`'@SUM(1)`)
  })

  it('runs nothing where a spreadsheet splits at semicolons or tabs, or takes each line for a row', () => {
    const detail = 'a;=HYPERLINK("http://evil.example")\n-1; "@SUM(1)\n \t=2'
    const csv = timelineCsv(timeline([item({ label: 'ls;=1+1', detail })]))
    expect(csv).not.toMatch(/[;\t\n][\s"]*[=+\-@]/)
    expect(csv).toContain(`ls;'=1+1`)
    // and what runs nothing is left as it is
    expect(timelineCsv(timeline([item({ label: 'ls -la; cat a=b', detail: 'x' })]))).toContain(',ls -la; cat a=b,x,')
  })

  it('hides and reorders nothing: what an agent wrote to that end is visible', () => {
    const csv = timelineCsv(timeline([item({ label: 'rm \u202Egnp.exe', detail: 'a\u200Bb\u0000\nnext' })]))
    expect(csv).toContain('rm ⟨U+202E⟩gnp.exe')
    expect(csv).toContain('a⟨U+200B⟩b⟨U+0000⟩\nnext')
  })
})
