// What is news to a browser, and which of its tabs rings.
import { describe, expect, it } from 'vitest'
import type { OccasionView } from '../../server/protocol/notification-view.ts'
import { claimAfterMs, markedIcon, markedTitle, newsOf, rungAfter } from './ring.ts'

const waiting = (key: string): OccasionView => ({
  key,
  about: 'approval',
  severity: 'high',
  sinceMs: 1,
  title: 'An action waits for a person',
  said: [],
  path: '/approvals',
})
const [a, b] = [waiting('approval:a'), waiting('approval:b')]

describe('the alarm', () => {
  it('rings once for each thing that opens, however often it is seen', () => {
    const rung = rungAfter([a], [], true)
    expect(newsOf([a, b], rung)).toEqual([b])
    expect(newsOf([a, b], rungAfter([a, b], rung, true))).toEqual([])
  })

  it('rings again for what was over and is open again, and not for what only left a list that was too long', () => {
    const over = rungAfter([], rungAfter([a], [], true), true)
    expect(newsOf([a], over)).toEqual([a])
    const cut = rungAfter([b], rungAfter([a], [], true), false)
    expect(newsOf([a], cut)).toEqual([])
  })

  it('is left to the tab that a person looks at, then to one that may make a sound', () => {
    const tabs = [
      { isLookedAt: true, maySound: true },
      { isLookedAt: false, maySound: true },
      { isLookedAt: true, maySound: false },
      { isLookedAt: false, maySound: false },
    ].map(claimAfterMs)
    expect(tabs).toEqual([...tabs].sort((x, y) => x - y))
    expect(new Set(tabs).size).toBe(4)
  })
})

describe('the tab', () => {
  it('carries the count in its title once, and says when nobody knows it', () => {
    expect(markedTitle('Live · Vigil', 2)).toBe('(2) Live · Vigil')
    expect(markedTitle('(2) Live · Vigil', 3)).toBe('(3) Live · Vigil')
    expect(markedTitle('(2) Live · Vigil', undefined)).toBe('(?) Live · Vigil')
    expect(markedTitle('(?) Live · Vigil', 0)).toBe('Live · Vigil')
  })

  it('carries it in its icon, never wider than two signs', () => {
    expect(decodeURIComponent(markedIcon(3))).toContain('>3</text>')
    expect(decodeURIComponent(markedIcon(250))).toContain('>9+</text>')
    expect(decodeURIComponent(markedIcon(undefined))).toContain('>?</text>')
  })
})
