'use client'
// One section that people write: as it stands, with who wrote it and when; or the editor, for as long as there is a draft.
import { PenLine } from 'lucide-react'
import { useState } from 'react'
import type { TimelineItem } from '../../server/protocol/incident-timeline.ts'
import type { Postmortem } from '../../server/protocol/postmortem.ts'
import type { PostmortemSection } from '../../server/protocol/postmortem-section.ts'
import { sectionWord } from '../incidents/incident-words.ts'
import { Button } from '../ui/button.tsx'
import { SectionEditor } from './section-editor.tsx'
import { SectionText } from './section-text.tsx'
import { useDraft } from './use-draft.ts'
import type { SaveSection } from './use-postmortem.ts'
import { By } from './written-by.tsx'

type Props = {
  of: Postmortem
  section: PostmortemSection
  /** What is asked of people here. */
  asks: string
  itemOf: (id: string) => TimelineItem | undefined
  /** Why this operator may not write. */
  why: string | undefined
  save: SaveSection
}

export function WrittenSection({ of, section, asks, itemOf, why, save }: Props) {
  const stands = of.written.find((each) => each.section === section)
  const { draft, write, drop, isKept } = useDraft(of.incident.incident, section)
  const [isOpened, setOpened] = useState(false)
  const isWritten = stands !== undefined && stands.text.trim() !== ''
  const mayWrite = why === undefined && of.incident.mergedInto === undefined
  const isEditing = mayWrite && draft !== undefined
  return (
    <section
      aria-label={`${sectionWord[section]}, written by people`}
      className="mt-3 rounded-lg border border-line-strong bg-raised/40 px-4 py-3 max-md:px-3 print:border-l-4 print:bg-transparent"
    >
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <PenLine aria-hidden className="size-3.5 shrink-0 text-info" />
        <p className="min-w-0 flex-1 basis-60 text-sm text-muted">
          {stands && isWritten ? (
            <By written={stands} />
          ) : (
            <>
              Nobody wrote this yet. <span className="print:hidden">{asks}</span>
            </>
          )}
        </p>
        {!isEditing && (
          <Button
            className="max-md:h-11 print:hidden"
            aria-label={`${isWritten ? 'Edit' : 'Write'}: ${sectionWord[section]}`}
            aria-disabled={!mayWrite}
            title={why}
            onClick={() => {
              if (!mayWrite) return
              setOpened(true)
              write({ text: stands?.text ?? '', basedOn: stands?.version ?? 0, atMs: Date.now() })
            }}
          >
            {isWritten ? 'Edit' : 'Write'}
          </Button>
        )}
      </div>
      {stands && isWritten && (
        // On paper stands what was saved: a draft is nobody's word yet.
        <div className={isEditing ? 'mt-2 hidden print:block' : 'mt-2'}>
          <SectionText text={stands.text} itemOf={itemOf} />
        </div>
      )}
      {isEditing && (
        <SectionEditor
          of={of}
          section={section}
          stands={stands}
          draft={draft}
          write={write}
          drop={drop}
          isKept={isKept}
          itemOf={itemOf}
          save={save}
          isOpened={isOpened}
        />
      )}
    </section>
  )
}
