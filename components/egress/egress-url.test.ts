// given a link, then the page shows what its sender saw, and asks the server for exactly that.
import { createLoader, createSerializer } from 'nuqs'
import { describe, expect, it } from 'vitest'
import { egressUrl, pageSize, signalPath, signalsPath, tiesChoices } from './egress-url.ts'
import { emptinessOf } from './emptiness.ts'

const hrefOf = createSerializer(egressUrl)
const load = createLoader(egressUrl)
const read = (query: string) => load(new URLSearchParams(query))
const queryOf = (path: string) => Object.fromEntries(new URL(path, 'http://x').searchParams)

describe('the URL of the Egress page', () => {
  it('opens on alerts, with nothing filtered and nothing open', () => {
    expect(read('')).toEqual({ tab: 'alerts', q: '', ties: 'all', open: [] })
    expect(hrefOf('/egress', { tab: 'alerts', q: '', ties: 'all', open: [] })).toBe('/egress')
  })

  it('brings back tab, words, toggle and open rows', () => {
    const view = { tab: 'lookups' as const, q: 'a&b=c ep-1', ties: 'untied' as const, open: ['x', 'y'] }
    expect(read(hrefOf('/egress', view).replace('/egress', ''))).toEqual(view)
  })

  it('falls back to all alerts for a tab or a tie that does not exist', () => {
    expect(read('tab=constructor&ties=constructor')).toMatchObject({ tab: 'alerts', ties: 'all' })
  })
})

describe('the question to the server', () => {
  it('names the group, and only those with a tie or without one when that is wanted', () => {
    expect(queryOf(signalsPath({ tab: 'flows', q: '', ties: 'all' }))).toEqual({
      groups: 'flows',
      limit: String(pageSize),
    })
    expect(queryOf(signalsPath({ tab: 'flows', q: ' 203.0.113.40 ', ties: 'untied' }, 17))).toEqual({
      groups: 'flows',
      limit: String(pageSize),
      tied: 'no',
      q: '203.0.113.40',
      before: '17',
    })
    expect(queryOf(signalsPath({ tab: 'flows', q: '', ties: 'tied' })).tied).toBe('yes')
  })

  it('cannot be bent by what is typed or linked, and is never longer than the server takes', () => {
    expect(queryOf(signalsPath({ tab: 'host', q: '&groups=alerts#', ties: 'all' }))).toMatchObject({
      groups: 'host',
      q: '&groups=alerts#',
    })
    expect(queryOf(signalsPath({ tab: 'host', q: 'x'.repeat(900), ties: 'all' })).q).toHaveLength(200)
    expect(signalPath('../sessions')).toBe('/api/signals/..%2Fsessions')
  })
})

describe('an empty tab', () => {
  it('says whether nothing came, everything or nothing is tied, or the filter hides it', () => {
    expect(emptinessOf({ kept: 0, untied: 0 }, { ties: 'untied' })).toBe('nothing-came')
    expect(emptinessOf({ kept: 9, untied: 0 }, { ties: 'untied' })).toBe('all-tied')
    expect(emptinessOf({ kept: 9, untied: 9 }, { ties: 'tied' })).toBe('none-tied')
    for (const ties of tiesChoices) expect(emptinessOf({ kept: 9, untied: 2 }, { ties })).toBe('no-match')
  })
})
