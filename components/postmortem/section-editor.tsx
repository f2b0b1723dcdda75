'use client'
// The editor of one section. What is typed is kept in this browser at once; saved it is only when the server says so, and never over a
// version that its writer has not seen.
import { Eye, Pencil, Save, Trash2, TriangleAlert } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import type { TimelineItem } from '../../server/protocol/incident-timeline.ts'
import type { Postmortem } from '../../server/protocol/postmortem.ts'
import {
  citationOf,
  type PostmortemSection,
  sectionTextMax,
  type WrittenSection,
} from '../../server/protocol/postmortem-section.ts'
import { sectionWord } from '../incidents/incident-words.ts'
import type { ApiProblem } from '../settings/api-call.ts'
import { ProblemLine } from '../settings/section.tsx'
import { Button } from '../ui/button.tsx'
import { countText } from '../ui/format-quantity.ts'
import { clockText } from '../ui/format-time.ts'
import { CiteMenu } from './cite-menu.tsx'
import { Overtaken } from './overtaken.tsx'
import { type Draft, standingOf, withLine } from './section-draft.ts'
import { SectionText } from './section-text.tsx'
import type { SaveSection } from './use-postmortem.ts'

type Props = {
  of: Postmortem
  section: PostmortemSection
  stands: WrittenSection | undefined
  draft: Draft
  write: (draft: Draft | undefined) => void
  drop: (draft: Draft) => void
  isKept: boolean
  itemOf: (id: string) => TimelineItem | undefined
  save: SaveSection
  /** It was opened just now, and not by a reload. */
  isOpened: boolean
}

export function SectionEditor({ of, section, stands, draft, write, drop, isKept, itemOf, save, isOpened }: Props) {
  const field = useRef<HTMLTextAreaElement>(null)
  const [isPreview, setPreview] = useState(false)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<ApiProblem>()
  useEffect(() => {
    if (isOpened) field.current?.focus({ preventScroll: true })
  }, [isOpened])
  const standing = standingOf(draft, stands)
  const tooLong = draft.text.length - sectionTextMax
  const type = (text: string) => write({ ...draft, text, atMs: Date.now() })
  const send = async (sent: Draft = draft) => {
    if (busy || sent.text.length > sectionTextMax) return
    setBusy(true)
    const refused = await save(section, sent.text.trim(), sent.basedOn)
    setBusy(false)
    // That another version stands is told below, with what it says.
    setProblem(refused?.status === 409 && isAboutVersion(refused) ? undefined : refused)
    if (!refused) write(undefined)
  }
  const cite = (id: string) => {
    if (busy) return
    type(withLine(draft.text, field.current?.selectionStart ?? draft.text.length, citationOf(id)))
    field.current?.focus()
  }
  return (
    <form
      className="mt-2 grid gap-2 print:hidden"
      onSubmit={(event) => {
        event.preventDefault()
        if (standing !== 'overtaken') void send()
      }}
    >
      {standing === 'overtaken' && (
        <Overtaken stands={stands} draft={draft} write={write} drop={drop} itemOf={itemOf} busy={busy} send={send} />
      )}
      {isPreview ? (
        <div className="min-h-24 rounded-md border border-dashed px-3 py-2">
          <SectionText text={draft.text} itemOf={itemOf} />
        </div>
      ) : (
        <textarea
          ref={field}
          aria-label={sectionWord[section]}
          value={draft.text}
          // What is typed while it is being saved would be thrown away with the draft.
          readOnly={busy}
          rows={Math.min(20, Math.max(6, draft.text.split('\n').length + 1))}
          placeholder="Markdown: # heading, **bold**, `code`, lists; paste a path of this console to link a moment"
          onChange={(event) => type(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || !(event.metaKey || event.ctrlKey) || event.nativeEvent.isComposing) return
            event.preventDefault()
            if (standing !== 'overtaken') void send()
          }}
          className="block w-full resize-y rounded-md border border-line-strong bg-canvas px-3 py-2 placeholder:text-muted outline-offset-0 max-md:text-[16px]"
        />
      )}
      {tooLong > 0 && <p className="text-sm text-warn">{countText(tooLong)} characters too long to be saved.</p>}
      <ProblemLine problem={problem} />
      <div className="flex flex-wrap items-center gap-2 max-md:[&_button]:h-11">
        <p role="status" className="min-w-0 flex-1 basis-64 text-pretty text-sm text-muted">
          {standing === 'same' ? 'Nothing is changed yet.' : <span className="text-warn">Not saved yet.</span>}{' '}
          {isKept
            ? `A draft of yours, kept in this browser since ${clockText(draft.atMs)}.`
            : 'This browser keeps nothing: a reload loses it.'}{' '}
          What looks like a secret is masked when it is saved.
        </p>
        {!isPreview && <CiteMenu of={of} onCite={cite} />}
        <Button look="quiet" aria-pressed={isPreview} onClick={() => setPreview(!isPreview)}>
          {isPreview ? <Pencil aria-hidden /> : <Eye aria-hidden />} {isPreview ? 'Write on' : 'Preview'}
        </Button>
        <Button look="quiet" onClick={() => (standing === 'same' ? write(undefined) : drop(draft))}>
          <Trash2 aria-hidden /> {standing === 'same' ? 'Close' : 'Throw the draft away'}
        </Button>
        <Button
          type="submit"
          look="primary"
          disabled={busy || tooLong > 0 || standing !== 'ahead'}
          className="disabled:opacity-60"
        >
          {standing === 'overtaken' ? <TriangleAlert aria-hidden /> : <Save aria-hidden />} {busy ? 'Saving…' : 'Save'}
        </Button>
      </div>
    </form>
  )
}

function isAboutVersion({ said }: ApiProblem): boolean {
  return typeof said === 'object' && said !== null && 'title' in said && said.title === 'Written meanwhile'
}
