// Abilities of which exactly the same is to be said are said once: six times "not possible" would hide the one thing that is.
import type { Ability, AbilityName } from '../../server/protocol/ability.ts'

const words: Readonly<Record<AbilityName, string>> = {
  pause: 'Pause',
  end: 'End',
  network: 'Network',
  shell: 'Shell',
  gpu: 'GPU',
  files: 'Files',
  credentials: 'Credentials',
}

/** In the order given; a group stands where its first member stood. */
export function groupedAbilities(abilities: readonly Ability[]): { names: string[]; ability: Ability }[] {
  const groups = new Map<string, { names: string[]; ability: Ability }>()
  for (const ability of abilities) {
    const key = JSON.stringify([ability.can, ability.enforcer, ability.detail])
    const known = groups.get(key)
    if (known) known.names.push(words[ability.name])
    else groups.set(key, { names: [words[ability.name]], ability })
  }
  return [...groups.values()]
}
