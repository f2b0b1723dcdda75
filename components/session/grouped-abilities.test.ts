// Saying the same thing once must never lose a word that differs.
import { describe, expect, it } from 'vitest'
import type { Ability } from '../../server/protocol/ability.ts'
import { groupedAbilities } from './grouped-abilities.ts'

const ability = (name: Ability['name'], can: Ability['can'], detail: string): Ability => ({
  name,
  can,
  enforcer: '',
  detail,
})

describe('what is said before a click', () => {
  it('says once what is the same for several capabilities, and keeps apart what differs in any word', () => {
    const groups = groupedAbilities([
      ability('pause', 'proven', 'read back'),
      ability('end', 'no', 'no enforcer'),
      ability('network', 'no', 'no enforcer; connections stay open'),
      ability('gpu', 'no', 'no enforcer'),
      ability('files', 'best-effort', 'no enforcer'),
    ])
    expect(groups.map(({ names, ability: { can } }) => [names.join(', '), can])).toEqual([
      ['Pause', 'proven'],
      ['End, GPU', 'no'],
      ['Network', 'no'],
      ['Files', 'best-effort'],
    ])
  })
})
