'use client'
// One way in: its words, its command, the fresh key where it takes one, and the tick of its first fact.
import { CircleCheck, CircleDashed, KeyRound } from 'lucide-react'
import { useState } from 'react'
import { z } from 'zod'
import { type ApiProblem, apiCall } from '../settings/api-call.ts'
import { Field, inputClass, ProblemLine } from '../settings/section.tsx'
import { Button } from '../ui/button.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { clockText } from '../ui/format-time.ts'
import { type Door, hostNameOf, keyNameOf } from './doors.ts'
import { useArrival } from './use-arrival.ts'

const Made = z.object({ key: z.string(), record: z.object({ id: z.string(), name: z.string() }) })

type Props = { door: Door; why: string | undefined; origin: string }

/** `why`: this operator may make no key, and whom to ask. */
export function DoorLine({ door, why, origin }: Props) {
  const [hostText, setHostText] = useState('')
  const [made, setMade] = useState<{ key: string; name: string; host: string }>()
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<ApiProblem>()
  const host = hostNameOf(hostText)
  const needsKey = door.scopes.length > 0
  const arrivedAtMs = useArrival(door.name, made?.name, made?.host ?? '')
  const lacksHost = door.needsHost === true && host === undefined
  const makeKey = async () => {
    if (busy || lacksHost || why !== undefined) return
    setBusy(true)
    const name = keyNameOf(door.name, freshHex())
    const body = { name, scopes: door.scopes, ...(door.needsHost && host !== undefined && { host }) }
    const answer = await apiCall('POST', '/api/keys', Made, body)
    setBusy(false)
    setProblem(answer.problem)
    if (answer.value) setMade({ key: answer.value.key, name: answer.value.record.name, host: host ?? '' })
  }
  const line = door.command({
    origin,
    key: made?.key ?? '$VIGIL_KEY',
    source: made?.name ?? 'my-source',
    host: made?.host || host || 'HOST',
  })
  return (
    <li className="px-4 py-3 max-md:px-3">
      <div className="flex flex-wrap items-center gap-x-3">
        <h3 className="font-medium">{door.title}</h3>
        {(!needsKey || made) && <Arrival atMs={arrivedAtMs} waitsFor={door.waitsFor} />}
      </div>
      <p className="text-pretty text-muted">{door.says}</p>
      {door.needsHost && !made && (
        <div className="mt-2 max-w-72">
          <Field label="Name of that machine">
            {(ties) => (
              <input
                {...ties}
                value={hostText}
                maxLength={63}
                autoComplete="off"
                spellCheck={false}
                onChange={(event) => setHostText(event.target.value)}
                className={inputClass}
              />
            )}
          </Field>
        </div>
      )}
      <div className="mt-2 flex flex-wrap items-start gap-2 max-md:[&>button]:h-11">
        <code className="min-w-0 flex-1 basis-72 select-all break-words rounded-md border border-line-strong bg-canvas px-3 py-1.5 font-mono text-sm [overflow-wrap:anywhere]">
          {line}
        </code>
        {needsKey && !made ? (
          <Button
            look={why === undefined && !lacksHost ? 'control' : 'off'}
            aria-disabled={busy || lacksHost || why !== undefined}
            title={why ?? (lacksHost ? 'Name the machine first: letters, digits, dots and dashes' : undefined)}
            aria-label={`Make a key for: ${door.title}`}
            onClick={() => void makeKey()}
          >
            <KeyRound aria-hidden /> {busy ? 'Making a key…' : 'Make a key'}
          </Button>
        ) : (
          <CopyButton look={made ? 'primary' : 'quiet'} text={line} label={`the command for: ${door.title}`} />
        )}
      </div>
      <ProblemLine problem={problem} />
      {made && (
        <p className="mt-1 text-pretty text-sm text-muted">
          The key in it is shown here and never again; it may{' '}
          {door.name === 'probe' ? `speak for ${made.host}` : 'send'} and nothing else. It is called{' '}
          <span className="font-mono">{made.name}</span>, and is revoked in{' '}
          <a href="/settings#keys" className="text-info underline">
            Settings
          </a>
          .
        </p>
      )}
    </li>
  )
}

function Arrival({ atMs, waitsFor }: { atMs: number | undefined; waitsFor: string }) {
  return (
    <span role="status" className="inline-flex items-center gap-1 text-sm">
      {atMs === undefined ? (
        <span className="inline-flex items-center gap-1 text-muted">
          <CircleDashed aria-hidden className="size-3.5" /> waits for {waitsFor}
        </span>
      ) : (
        <span className="inline-flex items-center gap-1 text-ok">
          <CircleCheck aria-hidden className="size-3.5" /> arrived {clockText(atMs)}
        </span>
      )}
    </span>
  )
}

function freshHex(): string {
  return [...crypto.getRandomValues(new Uint8Array(3))].map((each) => each.toString(16).padStart(2, '0')).join('')
}
