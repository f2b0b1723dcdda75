'use client'
// How a source comes to be: three doors, each with a line to copy, and the formats that can be read.
import { ChevronRight, Plug } from 'lucide-react'
import { useId, useState } from 'react'
import { z } from 'zod'
import { FormatView } from '../../server/protocol/source-view.ts'
import { useListed } from '../settings/use-listed.ts'
import { classNames } from '../ui/class-names.ts'
import { CopyButton } from '../ui/copy-button.tsx'
import { HostileText } from '../ui/hostile-text.tsx'

const doors = [
  {
    name: 'A file that grows, on the machine where it lies',
    says: 'Goes on through rotation and restarts; every record is sent once.',
    line: 'npx vigil import --format suricata-eve --source edge --follow /var/log/suricata/eve.json',
  },
  {
    name: 'Anything that can post, in its own format',
    says: 'Answered after commit with what became of every record. The key is made by npx vigil key.',
    line: 'curl -H "authorization: Bearer $VIGIL_KEY" --data-binary @eve.json "$VIGIL_URL/api/ingest/suricata-eve?source=edge"',
  },
  {
    name: 'OpenTelemetry from agents and trainers',
    says: 'OTLP over HTTP, protobuf or JSON: traces, logs and metrics at /v1.',
    line: 'OTEL_EXPORTER_OTLP_ENDPOINT="$VIGIL_URL" OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer $VIGIL_KEY"',
  },
] as const

export function NoSources() {
  return (
    <div className="mx-auto max-w-3xl px-4 py-10 max-md:px-3 max-md:py-6">
      <h2 className="flex items-center gap-2 text-lg font-semibold">
        <Plug aria-hidden className="size-4 text-faint" /> Nothing has come in yet
      </h2>
      <p className="mt-1 mb-4 max-w-prose text-pretty text-muted">
        A source appears here with its first record. What firewalls, audit logs, GPU exporters and trainers say is laid
        beside the tool calls of agents, and tied to the call that caused it.
      </p>
      <Doors />
    </div>
  )
}

export function AddingSources() {
  const id = useId()
  const [open, setOpen] = useState(false)
  return (
    <section aria-label="Adding a source" className="px-4 py-3 max-md:px-3">
      <button
        type="button"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen((before) => !before)}
        className="inline-flex items-center gap-2 rounded-sm text-muted hover:text-ink max-md:min-h-11"
      >
        <ChevronRight aria-hidden className={classNames('size-3.5', open && 'rotate-90')} /> How to add a source
      </button>
      <div id={id} hidden={!open} className="max-w-3xl pt-2 xl:pl-[22px]">
        {open && <Doors />}
      </div>
    </section>
  )
}

function Doors() {
  return (
    <>
      <ol className="divide-y rounded-lg border bg-panel">
        {doors.map((door) => (
          <li key={door.name} className="px-4 py-3 max-md:px-3">
            <h3 className="font-medium">{door.name}</h3>
            <p className="text-muted">{door.says}</p>
            <div className="mt-2 flex flex-wrap items-start gap-2">
              <code className="min-w-0 flex-1 basis-72 select-all break-words rounded-md border border-line-strong bg-canvas px-3 py-1.5 font-mono text-sm [overflow-wrap:anywhere]">
                {door.line}
              </code>
              <CopyButton text={door.line} label={`the line for: ${door.name}`} className="max-md:h-11" />
            </div>
          </li>
        ))}
      </ol>
      <Formats />
    </>
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
