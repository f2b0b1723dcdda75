// A wallboard is read from afar by people who cannot ask: it must never look alive when it is not, nor show a zero for what is not known.
import { describe, expect, it } from 'vitest'
import { WallFigures } from '../../server/protocol/wall-messages.ts'
import { tokenOf, wallPath } from './wall-path.ts'
import { healthOf, tilesOf } from './wall-words.ts'

const t0 = Date.UTC(2026, 10, 28, 9)
const figures = (change: Partial<WallFigures> = {}): WallFigures =>
  WallFigures.parse({
    serverNowMs: t0,
    beat: 1,
    newestFactAtMs: t0 - 400,
    sessions: { running: 3, paused: 1, asked: 0, silent: 0, ended: 2 },
    hosts: { connected: 2, known: 2 },
    paged: 0,
    approvals: { waiting: 0 },
    containments: { standing: 0, troubled: 0 },
    gpus: { known: 0, read: 0 },
    ...change,
  })
const tile = (name: string, change: Partial<WallFigures>) =>
  tilesOf(figures(change), t0).find((each) => each.name === name)

describe('the wallboard', () => {
  it('says how long nothing was heard, from the third missed beat on, and that its figures are old', () => {
    const heard = { state: 'heard', heardMs: t0 } as const
    expect(healthOf(heard, figures(), t0 + 2_900)).toEqual({
      tone: 'ok',
      words: 'Live · newest fact now',
      isDead: false,
    })
    expect(healthOf(heard, figures(), t0 + 14_200)).toEqual({
      tone: 'critical',
      words: 'No connection since 14 s',
      isDead: true,
    })
  })

  it('is not alive before its first beat, nor with a link that was revoked', () => {
    expect(healthOf({ state: 'connecting' }, undefined, t0).tone).toBe('quiet')
    expect(healthOf({ state: 'refused' }, figures(), t0)).toMatchObject({ isDead: true, tone: 'critical' })
  })

  it('shows a dash, not a zero, where nothing was read', () => {
    expect(tile('GPUs busy', {})).toMatchObject({ value: '—', rest: 'no GPU is known' })
    expect(tile('GPUs busy', { gpus: { known: 8, read: 0 } })).toMatchObject({ value: '—', tone: 'warn' })
    expect(tile('GPUs busy', { gpus: { known: 8, read: 8, busyPercent: 0 } })).toMatchObject({ value: '0 %' })
  })

  it('raises its tone for what waits, pages, is not heard or is not whole', () => {
    expect(tile('Approvals waiting', { approvals: { waiting: 2, soonestExpiresAtMs: t0 + 62_000 } })).toMatchObject({
      tone: 'warn',
      rest: 'the next denies itself in 1 min 02 s',
    })
    expect(tile('Sessions that page', { paged: 1 })?.tone).toBe('critical')
    expect(tile('Hosts connected', { hosts: { connected: 1, known: 2 } })).toMatchObject({
      tone: 'warn',
      rest: '1 not heard',
    })
    expect(tile('Containments', { containments: { standing: 2, troubled: 1 } })?.tone).toBe('critical')
    expect(tile('Containments', { containments: { standing: 2, troubled: 0 } })?.tone).toBe('frozen')
  })

  it('keeps its token behind the #, where no server sees it', () => {
    expect(new URL(wallPath('vwall_a-B'), 'http://localhost').pathname).toBe('/wall')
    expect(tokenOf(new URL(wallPath('vwall_a-B'), 'http://localhost').hash)).toBe('vwall_a-B')
    expect(tokenOf('#<script>')).toBeUndefined()
  })
})
