'use client'
// An earlier text, only to be read; an admin can make it the newest again.
import { RotateCcw } from 'lucide-react'
import Link from 'next/link'
import { useRouter } from 'next/navigation'
import { useRef, useState } from 'react'
import { toast } from 'sonner'
import { z } from 'zod'
import type { RuleDocumentView } from '../../server/protocol/rule-view.ts'
import { useWhyNotAdmin } from '../containment/use-role.ts'
import { editPath } from '../rules/rule-path.ts'
import { type ApiProblem, apiCall } from '../settings/api-call.ts'
import { ProblemLine } from '../settings/section.tsx'
import { Button } from '../ui/button.tsx'
import { dateTimeText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { CodeField } from './code-field.tsx'
import { dropDraft } from './draft.ts'
import { VersionList } from './version-list.tsx'

const Saved = z.object({ version: z.number() })

type Props = { newest: RuleDocumentView; version: number; text: string }

export function OldVersion({ newest, version, text }: Props) {
  const router = useRouter()
  const why = useWhyNotAdmin()
  const field = useRef<HTMLTextAreaElement>(null)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<ApiProblem>()
  const told = newest.versions.find((each) => each.version === version)
  const called = version === 0 ? 'the file’s own text' : `version ${version}`
  const restore = async () => {
    if (busy) return
    setBusy(true)
    const body = { name: newest.name, text, base: newest.version, note: `restores ${called}` }
    const answer = await apiCall('PUT', '/api/rule-documents', Saved, body)
    setBusy(false)
    setProblem(answer.problem)
    if (!answer.value) return
    dropDraft(sessionStorage, newest.name)
    toast.success(`Restored ${called}, as version ${answer.value.version}`)
    router.push(editPath(newest.name))
  }
  return (
    <div className="flex min-h-0 flex-1 max-lg:flex-col max-lg:overflow-y-auto">
      <div className="flex min-h-0 min-w-0 flex-1 flex-col max-lg:flex-none">
        <div className="border-b bg-warn/5 px-4 py-1.5 max-md:px-3">
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5">
            <h2 className="min-w-0 break-all font-mono font-medium">
              <HostileText text={newest.name} max={200} />
            </h2>
            <p className="text-sm text-muted">
              {called}
              {told && (
                <>
                  , <HostileText text={told.by} max={80} />, {dateTimeText(told.atMs)}
                </>
              )}
              : only to be read
            </p>
            <span className="ml-auto flex flex-wrap items-center gap-3">
              <Link
                href={editPath(newest.name)}
                prefetch={false}
                className="text-info underline-offset-2 hover:underline max-md:py-2"
              >
                Back to the newest
              </Link>
              {why === undefined && version !== newest.version && (
                <Button className="max-md:h-11" aria-disabled={busy} onClick={() => void restore()}>
                  <RotateCcw aria-hidden /> {busy ? 'Restoring…' : 'Restore it, as a new version'}
                </Button>
              )}
            </span>
          </div>
          <ProblemLine problem={problem} />
        </div>
        <CodeField
          label={`Text of ${newest.name}, ${called}`}
          text={text}
          marks={[]}
          describedBy=""
          field={field}
          className="flex-1 max-lg:h-[58vh] max-lg:flex-none"
        />
      </div>
      <aside
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        tabIndex={0}
        aria-label="Versions of the text"
        className="w-[440px] shrink-0 overflow-y-auto border-l outline-offset-[-2px] max-xl:w-[380px] max-lg:w-full max-lg:overflow-visible max-lg:border-t max-lg:border-l-0"
      >
        <VersionList document={newest} opened={version} why="" busy={busy} onRemove={() => undefined} />
      </aside>
    </div>
  )
}
