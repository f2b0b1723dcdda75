'use client'
// One deed: when, who, what; opened, the text that was hashed and its hash.
import Link from 'next/link'
import { useState } from 'react'
import { AuditBody, type AuditLink, auditSentence } from '../../server/protocol/audit.ts'
import { dateTimeText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'

const bodyMax = 20_000

/** What a link's text says; undefined where it is no entry that this version can read. */
function readBody(body: string): AuditBody | undefined {
  try {
    return AuditBody.safeParse(JSON.parse(body)).data
  } catch {
    return undefined
  }
}

export function AuditLine({ entry }: { entry: AuditLink }) {
  const [isOpen, setOpen] = useState(false)
  const said = readBody(entry.body)
  return (
    <li className="border-b last:border-b-0">
      <div className="flex flex-wrap items-baseline gap-x-4 gap-y-1 px-4 py-2 max-md:px-3">
        <button
          type="button"
          data-row
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
          className="w-14 shrink-0 rounded-sm text-left font-mono text-muted hover:text-ink max-md:h-11"
        >
          <span className="sr-only">Entry </span>
          {entry.n}
        </button>
        <span className="w-52 shrink-0 whitespace-nowrap font-mono text-muted">
          {said ? dateTimeText(said.seenAtMs) : 'unreadable'}
        </span>
        <span className="w-40 min-w-0 shrink-0 truncate font-medium max-md:w-auto">
          {said && <HostileText text={said.by.name} max={100} />}
          {said && said.by.type !== 'operator' && <span className="font-normal text-muted"> · {said.by.type}</span>}
        </span>
        <span className="min-w-0 flex-1 basis-64 break-words">
          <HostileText text={said ? auditSentence(said) : entry.body} max={400} />
        </span>
        {said?.session !== undefined && (
          <Link
            href={`/sessions/${encodeURIComponent(said.session)}`}
            className="max-w-48 truncate font-mono text-info hover:underline"
          >
            <HostileText text={said.session} max={128} />
          </Link>
        )}
      </div>
      {isOpen && (
        <div className="px-4 pb-3 pl-[88px] text-sm max-md:px-3">
          <p className="break-all text-muted">
            SHA-256 <span className="font-mono">{entry.hash}</span>, over the entry before and exactly this text:
          </p>
          <pre className="mt-1 overflow-x-auto rounded-md border bg-panel p-2 font-mono whitespace-pre-wrap break-all">
            <HostileText text={entry.body} max={bodyMax} multiline />
          </pre>
        </div>
      )}
    </li>
  )
}
