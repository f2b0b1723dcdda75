'use client'
// Under the text: what was changed, a note for the ones who read the versions, and saving. What stands in the way of it stands above.
import { History, Save } from 'lucide-react'
import Link from 'next/link'
import type { RefObject } from 'react'
import type { RuleDocumentView } from '../../server/protocol/rule-view.ts'
import { editPath } from '../rules/rule-path.ts'
import { ProblemLine } from '../settings/section.tsx'
import { Button } from '../ui/button.tsx'
import { classNames } from '../ui/class-names.ts'
import { dateTimeText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { KeyCap } from '../ui/key-cap.tsx'
import type { useDocument } from './use-document.ts'

type Props = {
  document: RuleDocumentView
  edit: ReturnType<typeof useDocument>
  isNew: boolean
  why: string | undefined
  note: RefObject<HTMLInputElement | null>
  onSave: () => void
}

export function SaveBar({ document, edit, isNew, why, note, onSave }: Props) {
  const { isChanged, isRestored, inConflict, busy, problem, rebase, discard } = edit
  const [newest] = document.versions
  const may = isChanged || isNew
  if (why !== undefined) {
    return (
      <p className="border-t px-4 py-2 text-sm text-muted max-md:px-3">
        {why} What is typed here is checked and not saved.
      </p>
    )
  }
  return (
    <div className="border-t px-4 py-2 max-md:px-3">
      {inConflict && newest && (
        <div role="alert" className="mb-2 rounded-md border border-warn/40 bg-warn/10 px-3 py-2">
          <p className="text-pretty">
            <HostileText text={newest.by} max={80} className="font-medium" />{' '}
            {newest.isRemoval ? 'took the text away' : `saved version ${newest.version}`} at {dateTimeText(newest.atMs)}
            , after you opened it. Yours is kept here and not saved.
          </p>
          <span className="mt-1.5 flex flex-wrap gap-2 max-md:[&>*]:h-11">
            {!newest.isRemoval && (
              <Link
                href={editPath(document.name, { version: newest.version })}
                prefetch={false}
                className="inline-flex items-center text-info underline underline-offset-2"
              >
                See it
              </Link>
            )}
            <Button onClick={rebase}>Keep mine: save over it next</Button>
            <Button look="quiet" onClick={discard}>
              Take theirs
            </Button>
          </span>
        </div>
      )}
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <span role="status" className="flex items-center gap-2 text-sm text-muted">
          {!isChanged && (isNew ? 'A template, not saved' : 'Nothing changed')}
          {isChanged && (
            <>
              <span className="text-warn">{isRestored ? 'Unsaved text, kept by this tab' : 'Not saved yet'}</span>
              <Button look="bare" className="max-md:h-11" onClick={discard}>
                <History aria-hidden /> Discard it
              </Button>
            </>
          )}
        </span>
        <span className="ml-auto flex min-w-0 flex-1 basis-64 items-center justify-end gap-2">
          <label className="min-w-0 max-w-80 flex-1">
            <span className="sr-only">Note for this version</span>
            <input
              ref={note}
              maxLength={200}
              placeholder="Note: what and why"
              autoComplete="off"
              className="h-7 w-full rounded-md border border-line-strong bg-canvas px-2.5 text-sm outline-offset-0 max-md:h-11 max-md:text-[16px]"
            />
          </label>
          <Button
            look={may ? 'primary' : 'off'}
            className="max-md:h-11"
            aria-disabled={busy || !may}
            title="Ctrl or ⌘ and S"
            onClick={onSave}
          >
            <Save aria-hidden /> {busy ? 'Saving…' : 'Save'}
            <span className={classNames('max-md:hidden', may && '[&_kbd]:border-canvas/40 [&_kbd]:text-canvas')}>
              <KeyCap>⌘S</KeyCap>
            </span>
          </Button>
        </span>
      </div>
      <ProblemLine problem={problem} />
    </div>
  )
}
