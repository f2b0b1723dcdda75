'use client'
// Loads what is edited: a text by its name, an earlier version of one, or a new one that begins as a template.
import { FileX2 } from 'lucide-react'
import dynamic from 'next/dynamic'
import Link from 'next/link'
import { parseAsInteger, parseAsString, useQueryStates } from 'nuqs'
import { RuleDocumentView } from '../../server/protocol/rule-view.ts'
import { useWatch } from '../live/live-context.tsx'
import { editPath } from '../rules/rule-path.ts'
import { AskAgain, NothingYet } from '../settings/asked.tsx'
import { useListed } from '../settings/use-listed.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { Notice } from '../ui/notice.tsx'
import { OldVersion } from './old-version.tsx'
import { ruleTemplate } from './rule-template.ts'

// What the tab keeps of it is known in the browser alone.
const TextEditor = dynamic(() => import('./text-editor.tsx').then((each) => each.TextEditor), { ssr: false })

/** Others save too; a text may be long. */
const againMs = 10_000
const oldAgainMs = 3_600_000

function textPath(name: string, version?: number): string {
  const query = new URLSearchParams({ name, ...(version !== undefined && { version: String(version) }) })
  return `/api/rule-documents/text?${query}`
}

const fresh: RuleDocumentView = { name: '', origin: 'console', text: ruleTemplate, version: 0, versions: [] }

export function EditorPage() {
  // The banner and the pill live on the same socket as everything else.
  useWatch({ view: 'live' })
  const [{ name, version }] = useQueryStates({ name: parseAsString, version: parseAsInteger })
  if (name === null || name === '') {
    return <TextEditor key="" document={fresh} isNew again={() => Promise.resolve()} />
  }
  return <Known key={name} name={name} version={version} />
}

function Known({ name, version }: { name: string; version: number | null }) {
  const { value, problem, again } = useListed(textPath(name), RuleDocumentView, true, againMs)
  if (!value && problem?.status === 404) return <NoText name={name} />
  if (!value) return <NothingYet what="for the text" problem={problem} again={again} />
  if (version === 0 && value.fileText !== undefined)
    return <OldVersion newest={value} version={0} text={value.fileText} />
  if (version !== null && version > 0) return <Old newest={value} version={version} />
  return (
    <>
      <AskAgain problem={problem} again={again} />
      <TextEditor document={value} isNew={false} again={again} />
    </>
  )
}

function Old({ newest, version }: { newest: RuleDocumentView; version: number }) {
  const path = textPath(newest.name, version)
  const { value, problem, again } = useListed(path, RuleDocumentView, true, oldAgainMs)
  if (!value) return <NothingYet what="for the older text" problem={problem} again={again} />
  return <OldVersion newest={newest} version={version} text={value.text} />
}

function NoText({ name }: { name: string }) {
  return (
    <Notice icon={<FileX2 aria-hidden />} title="There is no such text">
      <p>
        Nothing is called <HostileText text={name} max={200} className="break-all font-mono text-ink" />: it was never
        saved, or it was taken away.
      </p>
      <p className="mt-3 flex justify-center gap-4">
        <Link href="/rules" className="text-info underline underline-offset-2">
          All rules
        </Link>
        <Link href={editPath()} prefetch={false} className="text-info underline underline-offset-2">
          A new one
        </Link>
      </p>
    </Notice>
  )
}
