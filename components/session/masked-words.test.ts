// What the page says of masked text, and to whom it offers to show it.
import { describe, expect, it } from 'vitest'
import type { EventView } from '../../server/protocol/browser-messages.ts'
import { SessionId } from '../../server/protocol/ids.ts'
import type { SecretCounts } from '../../server/protocol/secrets.ts'
import { maskedIn, maskedText, whyNotShown } from './masked-words.ts'

const event = (seq: number, masked?: SecretCounts): EventView => ({
  seq,
  id: `e${seq}`,
  kind: 'action.started',
  atMs: seq,
  seenAtMs: seq,
  session: SessionId.parse('ep-1'),
  trust: 'agent',
  ...(masked && { masked }),
  data: {},
})

describe('masked text on the session page', () => {
  it('is counted by kind over the events that are loaded, the most first', () => {
    const { counts, events, pieces } = maskedIn([
      event(1, { password: 1 }),
      event(2),
      event(3, { 'AWS access key': 2, password: 2 }),
    ])
    expect({ events, pieces }).toEqual({ events: 2, pieces: 5 })
    expect(maskedText(counts)).toBe('3 passwords, 2 AWS access keys')
  })

  it('is offered to responders and admins only, and everybody else is told why not', () => {
    expect(whyNotShown('admin')).toBeUndefined()
    expect(whyNotShown('responder')).toBeUndefined()
    expect(whyNotShown('viewer')).toContain('takes a responder')
    expect(whyNotShown(undefined)).not.toBeUndefined()
  })
})
