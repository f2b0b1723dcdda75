'use client'
// Who wrote which version when, each to be opened; and the way back to the file's own text, or to nothing.
import { FileClock, Trash2 } from 'lucide-react'
import Link from 'next/link'
import { useId } from 'react'
import type { RuleDocumentView } from '../../server/protocol/rule-view.ts'
import { editPath } from '../rules/rule-path.ts'
import { dateTimeText } from '../ui/format-time.ts'
import { HoldToAct } from '../ui/hold-to-act.tsx'
import { HostileText } from '../ui/hostile-text.tsx'
import { purposeOf } from './check-words.ts'
import { removalWords } from './removal-words.ts'

type Props = {
  document: RuleDocumentView
  /** The one that is shown, where it is not the newest. */
  opened: number | null
  why: string | undefined
  busy: boolean
  onRemove: () => void
}

export function VersionList({ document, opened, why, busy, onRemove }: Props) {
  const title = useId()
  const { name, versions } = document
  const removal = removalWords(document)
  return (
    <section aria-labelledby={title} className="px-4 py-3 max-md:px-3">
      <h2 id={title} className="font-medium">
        Versions
      </h2>
      {versions.length === 0 && (
        <p className="mt-1 text-pretty text-sm text-muted">
          {purposeOf(document.name)
            ? 'None: nobody has changed it. What stands here is in force.'
            : document.origin === 'console'
              ? 'None yet: it is not saved.'
              : 'None: nobody has changed it in the console. The file’s own text runs.'}
        </p>
      )}
      {versions.length > 0 && (
        <ol aria-label="Versions" className="mt-1">
          {versions.map((version, index) => (
            <li key={version.version} className="border-t py-1.5 text-sm first:border-t-0">
              <span className="flex flex-wrap items-baseline gap-x-2">
                <span className="font-medium">Version {version.version}</span>
                <span className="text-muted">
                  <HostileText text={version.by} max={80} />, {dateTimeText(version.atMs)}
                </span>
                {!version.isRemoval && (
                  <Link
                    href={index === 0 ? editPath(name) : editPath(name, { version: version.version })}
                    prefetch={false}
                    aria-current={(opened ?? versions[0]?.version) === version.version ? 'true' : undefined}
                    className="ml-auto text-info underline-offset-2 hover:underline aria-[current]:text-muted max-md:py-2"
                  >
                    {(opened ?? versions[0]?.version) === version.version ? 'shown' : 'Open'}
                    <span className="sr-only"> version {version.version}</span>
                  </Link>
                )}
              </span>
              {version.isRemoval && <span className="text-warn">took the console’s text away</span>}
              {version.note !== undefined && (
                <HostileText text={version.note} max={200} className="block break-words text-muted" />
              )}
            </li>
          ))}
        </ol>
      )}
      {document.fileText !== undefined && (
        <p className="mt-1 flex items-baseline gap-2 border-t pt-1.5 text-sm">
          <span className="text-muted">The file’s own text</span>
          <Link
            href={editPath(name, { version: 0 })}
            prefetch={false}
            className="ml-auto text-info underline-offset-2 hover:underline max-md:py-2"
          >
            Open
          </Link>
        </p>
      )}
      {removal && why === undefined && (
        <div className="mt-3">
          <HoldToAct
            look="danger"
            busy={busy}
            about={`${name} ${document.version}`}
            icon={removal.isDelete ? <Trash2 aria-hidden /> : <FileClock aria-hidden />}
            className="max-md:h-11 max-md:w-full"
            onHeld={onRemove}
          >
            {removal.words}
          </HoldToAct>
          <p className="mt-1 text-pretty text-sm text-muted">{removal.means}</p>
        </div>
      )}
    </section>
  )
}
