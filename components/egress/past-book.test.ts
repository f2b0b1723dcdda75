// What is said of a past moment's destinations: which figures are of then, and that what is not known is not shown as nothing.
import { expect, it } from 'vitest'
import { pastBookText } from './past-book.tsx'

const whole = { carried: 0, unknown: 0, lists: 'then' } as const

it('says from where it was counted, and only where that is not the whole log that older figures are missing', () => {
  expect(pastBookText(whole)).toBe(
    'Counted again from the whole log up to this moment. Compared with the allowlists of then.',
  )
  expect(pastBookText({ ...whole, countedSinceMs: Date.UTC(2026, 10, 21, 14, 30) })).toContain(
    'connections, bytes and sessions of before are not in these figures',
  )
})

it('says which rows may carry newer names, and that the allowlists are those of now where those of then are not kept', () => {
  const text = pastBookText({ ...whole, carried: 2, lists: 'now' })
  expect(text).toContain('2 are of before: nothing was counted on them since, but names and denials may be newer')
  expect(text).toContain('allowlists of now')
})
