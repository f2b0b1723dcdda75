// What somebody wrote: text drawn as text, and each fact that they cite as its card, with who vouches for it.
import type { TimelineItem } from '../../server/protocol/incident-timeline.ts'
import { sectionParts } from '../../server/protocol/postmortem-section.ts'
import { EvidenceCard } from '../incidents/evidence-cards.tsx'
import { NoteText } from '../incidents/note-text.tsx'

type Props = { text: string; itemOf: (id: string) => TimelineItem | undefined }

export function SectionText({ text, itemOf }: Props) {
  return (
    <div className="grid min-w-0 gap-3">
      {sectionParts(text).map((part, index) => {
        if (part.type === 'text')
          // biome-ignore lint/suspicious/noArrayIndexKey: parts have no identity beyond their place
          return <NoteText key={index} text={part.text} />
        const item = itemOf(part.id)
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: as above
          <ul key={index} className="max-w-xl">
            {item ? (
              <EvidenceCard item={item} toMoment />
            ) : (
              <li className="rounded-lg border border-dashed p-3 text-sm text-muted">
                A fact is cited here that is not in the timeline: <span className="font-mono break-all">{part.id}</span>
              </li>
            )}
          </ul>
        )
      })}
    </div>
  )
}
