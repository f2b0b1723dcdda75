// Somebody saved another version than the one this draft goes on from: both are there, and the writer decides. Nothing is saved by itself.
import { TriangleAlert } from 'lucide-react'
import type { TimelineItem } from '../../server/protocol/incident-timeline.ts'
import type { WrittenSection } from '../../server/protocol/postmortem-section.ts'
import { Button } from '../ui/button.tsx'
import { bothIn, type Draft, overIt } from './section-draft.ts'
import { SectionText } from './section-text.tsx'
import { By } from './written-by.tsx'

type Props = {
  stands: WrittenSection | undefined
  draft: Draft
  write: (draft: Draft | undefined) => void
  drop: (draft: Draft) => void
  itemOf: (id: string) => TimelineItem | undefined
  busy: boolean
  send: (draft: Draft) => Promise<void>
}

export function Overtaken({ stands, draft, write, drop, itemOf, busy, send }: Props) {
  return (
    <section
      role="alert"
      aria-label="Another version stands"
      className="grid gap-2 rounded-md border border-warn/50 bg-warn/10 px-3 py-2"
    >
      <p className="flex items-baseline gap-2 text-warn">
        <TriangleAlert aria-hidden className="size-3.5 shrink-0 translate-y-0.5" />
        <span>
          {stands
            ? `While you were writing, another version was saved (${stands.version}; yours goes on from ${draft.basedOn || 'nothing'}). Yours is not lost: it is below.`
            : 'What this goes on from does not stand here any more. Yours is not lost: it is below.'}
        </span>
      </p>
      {stands && (
        <div className="grid gap-1 rounded-md border bg-panel px-3 py-2">
          <p className="text-sm text-muted">
            <By written={stands} />
          </p>
          {stands.text.trim() === '' ? (
            <p className="text-muted">They took the text away.</p>
          ) : (
            <SectionText text={stands.text} itemOf={itemOf} />
          )}
        </div>
      )}
      <div className="flex flex-wrap gap-2 max-md:[&_button]:h-11">
        {stands && <Button onClick={() => write(bothIn(draft, stands, Date.now()))}>Put theirs above mine</Button>}
        <Button disabled={busy} onClick={() => void send(overIt(draft, stands, Date.now()))}>
          Save mine in its place
        </Button>
        <Button look="quiet" onClick={() => drop(draft)}>
          Keep theirs, throw mine away
        </Button>
      </div>
    </section>
  )
}
