'use client'
// API keys: what each may do, since when, and its end. Their texts are nowhere: they were shown once, where they were made.
import { KeyRound } from 'lucide-react'
import Link from 'next/link'
import { z } from 'zod'
import { useWhyNotAdmin } from '../containment/use-role.ts'
import { useOperator } from '../shell/operator.tsx'
import { dateTimeText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { RevocableLine } from './revocable-line.tsx'
import { listClass, ProblemLine, Section } from './section.tsx'
import { useListed } from './use-listed.ts'

const Key = z.object({
  id: z.string(),
  name: z.string(),
  hint: z.string(),
  scopes: z.array(z.string()),
  host: z.string().optional(),
  session: z.string().optional(),
  createdAtMs: z.number(),
  revokedAtMs: z.number().optional(),
})
type Key = z.infer<typeof Key>
const Keys = z.object({ keys: z.array(Key) })
const shownMax = 200

export function KeySettings() {
  const why = useWhyNotAdmin()
  const operator = useOperator()
  const { value, problem, again } = useListed('/api/keys', Keys, operator?.role === 'admin')
  const keys = [...(value?.keys ?? [])].sort(
    (a, b) => Number(a.revokedAtMs !== undefined) - Number(b.revokedAtMs !== undefined),
  )
  return (
    <div id="keys">
      <Section
        title="API keys"
        says={
          <>
            Who has one may do what it says and nothing else. They are made where they are used: in{' '}
            <Link href="/sources?add=yes" className="text-info underline">
              Sources, Add a source or an agent
            </Link>
            , or by <code className="font-mono">npx vigil key</code>.
          </>
        }
        why={why}
      >
        <ProblemLine problem={problem} />
        {value && keys.length === 0 && <p className="rounded-lg border px-4 py-4 text-muted">None yet.</p>}
        {keys.length > 0 && (
          <ul aria-label="API keys" className={listClass}>
            {keys.slice(0, shownMax).map((key) => (
              <Line key={key.id} of={key} onRevoked={again} />
            ))}
          </ul>
        )}
        {keys.length > shownMax && (
          <p className="mt-2 text-sm text-muted">{keys.length - shownMax} more are not shown.</p>
        )}
      </Section>
    </div>
  )
}

function Line({ of, onRevoked }: { of: Key; onRevoked: () => Promise<void> }) {
  const { id, name, hint, scopes, host, session, createdAtMs, revokedAtMs } = of
  const isFixed = id.startsWith('env:')
  return (
    <RevocableLine
      name={name}
      hint={hint}
      icon={<KeyRound aria-hidden className="size-3.5 self-center text-faint" />}
      revokedAtMs={revokedAtMs}
      path={isFixed ? undefined : `/api/keys/${encodeURIComponent(id)}`}
      what="key"
      onRevoked={onRevoked}
    >
      <p className="text-sm text-muted">
        may: {scopes.join(', ')}
        {host && (
          <>
            {' '}
            · only for host <HostileText text={host} max={80} className="font-mono" />
          </>
        )}
        {session && (
          <>
            {' '}
            · only for session <HostileText text={session} max={80} className="font-mono" />
          </>
        )}
      </p>
      <p className="text-sm text-muted">
        {!isFixed && `made ${dateTimeText(createdAtMs)}`}
        {isFixed &&
          (name === 'VIGIL_KEY' ? 'given by the environment of the server' : 'the server’s own, while it runs')}
      </p>
    </RevocableLine>
  )
}
