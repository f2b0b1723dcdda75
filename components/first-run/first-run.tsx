'use client'
// All the ways in, one below the other. Who may make no key is told whom to ask.
import { useSyncExternalStore } from 'react'
import { z } from 'zod'
import { drillOf } from '../../server/protocol/drill.ts'
import { RunDrillButton } from '../drills/run-drill-button.tsx'
import { useListed } from '../settings/use-listed.ts'
import { useOperator } from '../shell/operator.tsx'
import { visibleText } from '../ui/visible-text.ts'
import { DoorLine } from './door-line.tsx'
import { doors } from './doors.ts'

const Administrators = z.object({ administrators: z.array(z.object({ name: z.string(), email: z.string() })) })
const romeDrill = drillOf('rome')
const againMs = 60_000
const namedMax = 3

export function FirstRun() {
  const operator = useOperator()
  const isAdmin = operator?.role === 'admin'
  const { value } = useListed('/api/administrators', Administrators, operator !== undefined && !isAdmin, againMs)
  // The address that this browser reached it by: the server itself does not know by what name others do.
  const origin = useSyncExternalStore(
    () => () => undefined,
    () => window.location.origin,
    () => '$VIGIL_URL',
  )
  const who = (value?.administrators ?? [])
    .slice(0, namedMax)
    .map(
      ({ name, email }) =>
        visibleText(name || email, { max: 60 }) + (name ? ` (${visibleText(email, { max: 80 })})` : ''),
    )
  const why =
    operator === undefined || isAdmin
      ? undefined
      : `Making a key takes an admin. ${who.length > 0 ? `Ask ${who.join(' or ')}.` : 'Ask one of yours.'}`
  return (
    <>
      <div className="mb-4 grid gap-2 rounded-lg border bg-panel px-3 py-3 text-left">
        <p className="text-pretty">See an incident before there is one: real processes, nothing left behind.</p>
        <RunDrillButton drill={romeDrill} goTo="/drills" look="primary" />
      </div>
      <p className="mb-2 text-pretty text-sm text-muted">
        <code className="font-mono">npx vigil</code> works in Vigil’s own folder; from any other, write the path that{' '}
        <code className="font-mono">npm start</code> prints in its place.
      </p>
      {why && <p className="mb-2 text-pretty text-sm text-warn">{why}</p>}
      <ol aria-label="Ways in" className="divide-y rounded-lg border bg-panel text-left">
        {doors.map((door) => (
          <DoorLine key={door.name} door={door} why={why} origin={origin} />
        ))}
      </ol>
    </>
  )
}
