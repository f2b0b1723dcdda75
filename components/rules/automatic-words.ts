// What a rule does by itself, in words that leave no doubt that it ends. Pure.
import type { AutomaticResponse } from '../../server/protocol/rule-view.ts'
import { plural } from '../ui/format-quantity.ts'

export const minutesChoices = [5, 15, 30, 60, 240] as const

export const actionWords: Readonly<Record<AutomaticResponse['action'], string>> = {
  pause: 'Pause it: its processes are frozen',
  'cut-network': 'Cut its network: it goes on without',
  hold: 'Hold it: a call that asks the gate waits for a person',
}

const does: Readonly<Record<Exclude<AutomaticResponse['action'], 'hold'>, string>> = {
  pause: 'the session is paused',
  'cut-network': 'the session’s network is cut',
}

export function automaticSentence({ action, minutes }: AutomaticResponse): string {
  if (action === 'hold')
    return `An action that it would flag waits for a person at the gate, ${plural(minutes, 'minute')} at most; then it is denied. What does not ask the gate is not held.`
  return `When it fires, ${does[action]} for ${plural(minutes, 'minute')}. That lapses by itself, unless a person makes it stand or lets go before.`
}
