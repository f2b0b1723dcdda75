// given a row, when time passes, then exactly this may be said.
import { describe, expect, it } from 'vitest'
import { SessionRow } from '../../server/protocol/browser-messages.ts'
import { noticeOf, offerOf, pendingOf, pendingText, toneOfPending } from './control-wording.ts'

const t0 = Date.UTC(2026, 10, 21, 14, 32, 4)
const proven = { name: 'pause', can: 'proven', enforcer: 'cgroup-freeze', detail: '' }

function row(change: Record<string, unknown> = {}): SessionRow {
  return SessionRow.parse({
    session: 'ep-1',
    state: 'running',
    startedAtMs: t0,
    openConnections: 0,
    remotes: [],
    processCount: 1,
    actionCount: 0,
    eventCount: 1,
    gpuIndexes: [],
    abilities: [proven],
    lastEventAtMs: t0,
    lastSeq: 1,
    ...change,
  })
}
function control(change: Record<string, unknown> = {}) {
  const by = { type: 'operator', id: 'o', name: 'On call' }
  return { control: 'c-1', action: 'pause', state: 'requested', by, requestedAtMs: t0, steps: [], ...change }
}

describe('what may be said of a control', () => {
  it('says asked, not confirmed from the first moment, before the server has answered', () => {
    const pending = pendingOf(row(), { action: 'pause', atMs: t0, control: undefined })
    expect(pending && pendingText(pending, t0 + 50)).toBe('Pause asked, not confirmed · 50 ms')
  })

  it('turns amber after one second and red after five', () => {
    const pending = pendingOf(row({ state: 'pausing', control: control() }), undefined)
    expect(pending && [999, 1_000, 4_999, 5_000].map((ms) => toneOfPending(pending, t0 + ms))).toEqual([
      'quiet',
      'warn',
      'warn',
      'critical',
    ])
  })

  it('never says paused while the row is only pausing', () => {
    const said = noticeOf(
      row({ state: 'pausing', control: control({ state: 'delivered' }) }),
      undefined,
      t0 + 300,
    )?.text
    expect(said).toBe('Pause delivered, not confirmed · 0.3 s')
    expect(said).not.toMatch(/paused/i)
  })

  it('has nothing to add once the kernel was read and the control has ended', () => {
    expect(
      noticeOf(row({ state: 'paused', control: control({ state: 'enforced' }) }), undefined, t0 + 300),
    ).toBeUndefined()
    expect(offerOf(row({ state: 'paused' }))).toMatchObject({ action: 'resume', enabled: true })
  })

  it('tells a failed and a partial control in red with the reason', () => {
    expect(noticeOf(row({ control: control({ state: 'failed', detail: 'cgroup is gone' }) }), undefined, t0)).toEqual({
      tone: 'critical',
      text: 'Pause failed: cgroup is gone',
    })
    expect(noticeOf(row({ control: control({ state: 'partial', detail: '2 escaped' }) }), undefined, t0)?.text).toBe(
      'Pause worked only in part: 2 escaped',
    )
  })

  it('says of a silent host how long it is silent and what was last read, not what is', () => {
    expect(noticeOf(row({ state: 'silent', lastRead: 'paused' }), undefined, t0 + 12_000)?.text).toBe(
      'Host silent 12 s · last read: paused',
    )
  })

  it('disables the button and says why when the host cannot pause', () => {
    const cannot = { name: 'pause', can: 'no', enforcer: '', detail: 'no cgroup v2 on this host' }
    expect(offerOf(row({ abilities: [cannot] }))).toMatchObject({ enabled: false, why: 'no cgroup v2 on this host' })
    expect(offerOf(row({ abilities: [] }))).toMatchObject({ enabled: false })
    expect(offerOf(row({ state: 'reported' }))?.why).toContain('only from telemetry')
  })

  it('labels best effort before anybody clicks', () => {
    const best = { name: 'pause', can: 'best-effort', enforcer: 'sigstop', detail: 'forks can slip through' }
    expect(offerOf(row({ abilities: [best] }))).toMatchObject({
      bestEffort: true,
      why: 'Best effort by sigstop: forks can slip through',
    })
  })

  it('offers nothing for a session that has ended', () => {
    expect(offerOf(row({ state: 'ended' }))).toBeUndefined()
  })
})
