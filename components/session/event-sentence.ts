// One table: kind of event -> icon, tab and sentence, put together from the tables beside it. A new kind without a line is found by a test.
// Everything it takes from an event is text to be shown, never markup, a link or a class.
import type { EventKind } from '../../server/protocol/event.ts'
import { approvalKinds } from './approval-sentence.ts'
import { attributionKinds } from './attribution-sentence.ts'
import { controlKinds } from './control-sentence.ts'
import type { Kind } from './event-kind.ts'
import { code, muted, oneLine, some } from './event-words.ts'
import { flagKinds } from './flag-sentence.ts'
import { incidentKinds } from './incident-sentence.ts'
import { sensorKinds } from './sensor-sentence.ts'
import { sessionKinds } from './session-sentence.ts'
import { signalKinds } from './signal-sentence.ts'

export const kinds: Readonly<Record<EventKind, Kind>> = {
  ...sessionKinds,
  ...signalKinds,
  ...sensorKinds,
  ...attributionKinds,
  ...flagKinds,
  ...approvalKinds,
  ...incidentKinds,
  ...controlKinds,
}

const unknownKind: Kind = {
  icon: 'gap',
  tab: 'operators',
  say: (data) => some(muted('a kind of event that this console does not know'), code(oneLine(JSON.stringify(data)))),
}

/** Never throws: an event of a newer server is told in general words. */
export function kindOf(kind: string): Kind {
  return Object.hasOwn(kinds, kind) ? kinds[kind as EventKind] : unknownKind
}
