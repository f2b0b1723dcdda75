// Evidence in records small enough to send, with what was left out told by number. Pure.
import type { EvidenceItems } from '../../server/protocol/evidence.ts'
import { cutText, shortTextMax } from '../../server/protocol/text.ts'

/** The data of one `evidence.recorded`, less the snapshot's and the control's ids. */
export type EvidenceRecord = { evidence: EvidenceItems; omitted?: number; note?: string }

type PartOf<P extends EvidenceItems['part']> = Extract<EvidenceItems, { part: P }>
export type HostPart = 'processes' | 'sockets' | 'files' | 'gpu'

/** In one record. */
const itemsMax: { [P in HostPart]: number } = { processes: 100, sockets: 500, files: 500, gpu: 500 }
/** Of JSON in one record. */
const charactersMax = 64_000

/** At least one record, also when there are no items: that was looked at. The first one tells what is left out. */
export function recordsOf<P extends HostPart>(
  part: P,
  items: readonly PartOf<P>['items'][number][],
  more: { omitted?: number; notes?: readonly string[] } = {},
): EvidenceRecord[] {
  const chunks: PartOf<P>['items'][number][][] = [[]]
  let characters = 0
  for (const item of items) {
    const size = JSON.stringify(item).length + 1
    const last = chunks.at(-1)
    if (last && last.length > 0 && (last.length >= itemsMax[part] || characters + size > charactersMax)) {
      chunks.push([item])
      characters = size
    } else {
      last?.push(item)
      characters += size
    }
  }
  const note = (more.notes ?? []).join('; ')
  return chunks.map((chunk, i) => ({
    evidence: { part, items: chunk } as unknown as EvidenceItems,
    ...(i === 0 && more.omitted !== undefined && more.omitted > 0 ? { omitted: more.omitted } : {}),
    ...(i === 0 && note !== '' ? { note: cutText(note, shortTextMax) } : {}),
  }))
}
