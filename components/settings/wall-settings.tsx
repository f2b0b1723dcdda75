'use client'
// Links of wallboards: made here, shown once, revoked here. Such a link opens figures and nothing else.
import { MonitorPlay } from 'lucide-react'
import Link from 'next/link'
import { useState } from 'react'
import { z } from 'zod'
import { WallLinkView } from '../../server/protocol/wall-messages.ts'
import { useWhyNotAdmin } from '../containment/use-role.ts'
import { useOperator } from '../shell/operator.tsx'
import { Button } from '../ui/button.tsx'
import { plural } from '../ui/format-quantity.ts'
import { dateTimeText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { visibleText } from '../ui/visible-text.ts'
import { wallPath } from '../wall/wall-path.ts'
import { type ApiProblem, apiCall } from './api-call.ts'
import { RevocableLine } from './revocable-line.tsx'
import { Field, inputClass, listClass, ProblemLine, Section } from './section.tsx'
import { ShownOnce } from './shown-once.tsx'
import { useListed } from './use-listed.ts'

const Links = z.object({ links: z.array(WallLinkView) })
const Made = z.object({ token: z.string(), link: WallLinkView })

export function WallSettings() {
  const why = useWhyNotAdmin()
  const operator = useOperator()
  const { value, problem, again } = useListed('/api/wall-links', Links, operator?.role === 'admin')
  const [made, setMade] = useState<z.infer<typeof Made>>()
  return (
    <div id="wall">
      <Section
        title="Wallboards"
        says={
          <>
            A link for a screen on a wall: it shows how many sessions run, what waits and whether anything is heard, and
            no word that an agent wrote. It opens nothing else. Signed in, you see{' '}
            <Link href="/wall" className="text-info underline">
              the same board
            </Link>{' '}
            without one.
          </>
        }
        why={why}
      >
        {made && (
          <ShownOnce
            title={`Link of ${visibleText(made.link.name, { max: 80 })}`}
            says="Open it on the screen now. It is not shown again; whoever has it sees the figures."
            text={`${window.location.origin}${wallPath(made.token)}`}
            onDone={() => setMade(undefined)}
          />
        )}
        <ProblemLine problem={problem} />
        {value && value.links.length === 0 && <p className="rounded-lg border px-4 py-4 text-muted">None yet.</p>}
        {value && value.links.length > 0 && (
          <ul aria-label="Links of wallboards" className={listClass}>
            {value.links.map((link) => (
              <Line key={link.id} link={link} onRevoked={again} />
            ))}
          </ul>
        )}
        {why === undefined && (
          <LinkForm
            onMade={(answer) => {
              setMade(answer)
              void again()
            }}
          />
        )}
      </Section>
    </div>
  )
}

function LinkForm({ onMade }: { onMade: (made: z.infer<typeof Made>) => void }) {
  const [name, setName] = useState('')
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<ApiProblem>()
  const make = async () => {
    if (busy || name.trim() === '') return
    setBusy(true)
    const answer = await apiCall('POST', '/api/wall-links', Made, { name: name.trim() })
    setBusy(false)
    setProblem(answer.problem)
    if (!answer.value) return
    setName('')
    onMade(answer.value)
  }
  return (
    <form
      className="mt-3 flex flex-wrap items-end gap-2"
      onSubmit={(event) => {
        event.preventDefault()
        void make()
      }}
    >
      <div className="w-64 max-md:w-full">
        <Field label="Where the screen hangs">
          {(ties) => (
            <input
              {...ties}
              value={name}
              maxLength={100}
              onChange={(event) => setName(event.target.value)}
              className={inputClass}
            />
          )}
        </Field>
      </div>
      <Button type="submit" size="form" aria-disabled={busy || name.trim() === ''} className="max-md:h-11">
        <MonitorPlay aria-hidden /> {busy ? 'Making…' : 'Make a link'}
      </Button>
      <ProblemLine problem={problem} />
    </form>
  )
}

function Line({ link, onRevoked }: { link: WallLinkView; onRevoked: () => Promise<void> }) {
  const { id, name, hint, createdAtMs, createdBy, lastUsedAtMs, revokedAtMs, open } = link
  return (
    <RevocableLine
      name={name}
      hint={hint}
      mark={open > 0 && <span className="text-sm text-ok">open on {plural(open, 'screen')}</span>}
      revokedAtMs={revokedAtMs}
      path={`/api/wall-links/${encodeURIComponent(id)}`}
      what="link of"
      onRevoked={onRevoked}
    >
      <p className="text-sm text-muted">
        made {dateTimeText(createdAtMs)} by <HostileText text={createdBy} max={80} /> ·{' '}
        {lastUsedAtMs === undefined ? 'never used' : `last used ${dateTimeText(lastUsedAtMs)}`}
      </p>
    </RevocableLine>
  )
}
