'use client'
// How a source comes to be: the ways in, each with a line to copy, and the formats that can be read.
import { ChevronRight, Plug } from 'lucide-react'
import { parseAsStringLiteral, useQueryState } from 'nuqs'
import { useId, useState } from 'react'
import { z } from 'zod'
import { FormatView } from '../../server/protocol/source-view.ts'
import { FirstRun } from '../first-run/first-run.tsx'
import { useListed } from '../settings/use-listed.ts'
import { classNames } from '../ui/class-names.ts'
import { HostileText } from '../ui/hostile-text.tsx'

export function NoSources() {
  return (
    <div className="mx-auto max-w-3xl px-4 pt-10 max-md:px-3 max-md:pt-6">
      <h2 className="flex items-center gap-2 text-lg font-semibold">
        <Plug aria-hidden className="size-4 text-faint" /> Nothing has come in yet
      </h2>
      <p className="mt-1 max-w-prose text-pretty text-muted">
        A source appears here with its first record. What firewalls, audit logs, GPU exporters and trainers say is laid
        beside the tool calls of agents, and tied to the call that caused it.
      </p>
    </div>
  )
}

/** Stays where it is when the first source comes, so that what is shown once is not gone before it was copied. */
export function AddingSources({ isFirst }: { isFirst: boolean }) {
  const id = useId()
  const [add, setAdd] = useQueryState('add', parseAsStringLiteral(['yes', 'no']).withOptions({ history: 'replace' }))
  // Open from the beginning stays open.
  const [wasFirst] = useState(isFirst)
  const open = add === null ? wasFirst : add === 'yes'
  return (
    <section aria-label="Adding a source" className="mx-auto max-w-3xl px-4 py-3 max-md:px-3">
      <button
        type="button"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => void setAdd(open ? 'no' : 'yes')}
        className="inline-flex items-center gap-2 rounded-sm text-muted hover:text-ink max-md:min-h-11"
      >
        <ChevronRight aria-hidden className={classNames('size-3.5', open && 'rotate-90')} /> Add a source or an agent
      </button>
      <div id={id} hidden={!open} className="pt-2">
        {open && (
          <>
            <FirstRun />
            <Formats />
          </>
        )}
      </div>
    </section>
  )
}

const FormatList = z.object({ formats: z.array(FormatView) })
const formatsAgainMs = 60_000

function Formats() {
  const { value } = useListed('/api/formats', FormatList, true, formatsAgainMs)
  if (!value || value.formats.length === 0) return null
  return (
    <>
      <h3 className="mt-4 mb-1 text-sm text-muted">Formats that can be read</h3>
      <ul className="grid gap-x-6 sm:grid-cols-2">
        {value.formats.map((each) => (
          <li key={each.format} className="flex min-w-0 items-baseline gap-3 border-t py-1">
            <HostileText text={each.title} max={80} className="min-w-0 flex-1 truncate" />
            <HostileText text={each.format} max={64} className="shrink-0 font-mono text-sm text-muted" />
          </li>
        ))}
      </ul>
    </>
  )
}
