// What is said of an ask that did not go through, or that waits. It speaks of the asking only, never of an effect. Pure.
import type { Capability, ControlAction } from '../../server/protocol/control.ts'

const names: Readonly<Record<ControlAction, string>> = {
  pause: 'Pause',
  resume: 'Resume',
  revoke: 'Revoke',
  restore: 'Restore',
  contain: 'Contain',
  release: 'Release',
  snapshot: 'Snapshot',
  end: 'End',
}

/** `Pause`, `Revoke network`. */
export function askName(action: ControlAction, capability?: Capability): string {
  return capability === undefined ? names[action] : `${names[action]} ${capability}`
}

type Words = { title: string; detail: string }

export function notSent(what: string): Words {
  return { title: `${what} was not sent`, detail: 'The console is not connected. Nothing was asked of any host.' }
}

export function noAnswer(what: string): Words {
  return {
    title: `${what}: no answer from the server`,
    detail: 'It may or may not have arrived. The screen shows what is known.',
  }
}

export function waitsForSecond(what: string): Words {
  return {
    title: `${what} waits for a second person`,
    detail: 'Nothing was asked of any host yet. Another operator must confirm it.',
  }
}
