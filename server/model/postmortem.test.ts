// given an incident and what happened around it, when a postmortem is made, then it says what the facts say and no more, and nothing in it is markup.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { IncidentDetail } from '../protocol/incident.ts'
import type { IncidentTimeline, TimelineItem } from '../protocol/incident-timeline.ts'
import { episodeStartMs } from './event-for-test.ts'
import { postmortemOf, timelineCsv } from './postmortem.ts'

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
    containedSessions: 1,
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
const written = (of: IncidentDetail, items: TimelineItem[] = []) =>
  postmortemOf({ incident: of, timeline: timeline(items), consoleUrl: 'https://vigil.example', nowMs: episodeStartMs })

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
    expect(text).toContain('https://vigil.example/incidents/INC-3')
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

  it('says of a drill that it was one', () => {
    expect(written(incident({ isDrill: true }))).toContain('**This was a drill.**')
  })

  it('lets no text of an agent or a person leave its place, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (evil) => {
        const label = `${evil}\n# Not a heading <img src=x onerror=1> \`\`\` | cell |`
        const note = { atMs: episodeStartMs, seq: 1, change: { type: 'note' as const, text: label } }
        const text = written(incident({ log: [note], title: label.slice(0, 160) }), [item({ label })])
        const headings = text.split('\n').filter((line) => /^#{1,2} /.test(line))
        expect(headings).toHaveLength(10)
        const rows = text.split('\n').filter((line) => line.includes('| agent | '))
        expect(rows).toHaveLength(1)
        expect(rows[0]?.split('|')).toHaveLength(7)
        for (const line of text.split('\n')) if (!line.includes('`')) expect(line).not.toMatch(/(^|[^\\])<[a-z!/]/i)
      }),
    )
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
})
