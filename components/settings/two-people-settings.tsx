'use client'
// The two policies of a second person, in plain words: what each does, whom it binds, who may turn it off.
import { Hourglass } from 'lucide-react'
import { useState } from 'react'
import { z } from 'zod'
import type { PolicyName } from '../../server/protocol/policy.ts'
import { waitingProposals } from '../containment/proposal-words.ts'
import { useWhyNotAdmin } from '../containment/use-role.ts'
import { useFleet } from '../live/live-context.tsx'
import { useNow } from '../live/use-now.ts'
import { Button } from '../ui/button.tsx'
import { HoldToAct } from '../ui/hold-to-act.tsx'
import { type ApiProblem, apiCall } from './api-call.ts'
import { OnOff } from './on-off.tsx'
import { listClass, ProblemLine, Section } from './section.tsx'

const policies: readonly { name: PolicyName; title: string; does: string; binds: string; off: string }[] = [
  {
    name: 'two-person-release',
    title: 'Releasing takes two people',
    does: 'Letting a contained session go, by itself or by lifting a containment, waits until another operator confirms it. While it is on, a containment has no time limit: nothing lets go by itself.',
    binds: 'Binds every operator, also the one who contained. An API key cannot release at all.',
    off: 'Needs a second admin to be turned on; turning it off takes two admins, always.',
  },
  {
    name: 'two-person-policy',
    title: 'Changing settings takes two people',
    does: 'Turning either of these on or off waits until another admin confirms it. While it is on, webhooks and notifications stay as they are and nobody can be made responder or admin.',
    binds: 'Binds every admin.',
    off: 'Needs a second admin to be turned on; turning it off takes two admins, always.',
  },
]

export function TwoPeopleSettings() {
  const why = useWhyNotAdmin()
  return (
    <Section
      title="Two people"
      says="What lets agents go, or takes a protection away, can be made to wait for a second operator. The one who asks never counts as the second, a request expires after 15 minutes, and containing never waits for anyone."
      why={why}
    >
      <ul className={listClass}>
        {policies.map((policy) => (
          <Policy key={policy.name} policy={policy} why={why} />
        ))}
      </ul>
    </Section>
  )
}

const Done = z.object({ done: z.literal(true), proposal: z.string().optional() })

function Policy({ policy, why }: { policy: (typeof policies)[number]; why: string | undefined }) {
  const fleet = useFleet()
  const now = useNow(fleet && fleet.proposals.length > 0 ? 1_000 : undefined)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<ApiProblem>()
  const on = fleet?.policies[policy.name]
  const verb = on ? 'turn off' : 'turn on'
  const waits = waitingProposals(fleet, now).some((each) => each.what === `${verb} ${policy.name}`)
  const takesTwo = on === true || fleet?.policies['two-person-policy'] === true
  const set = async () => {
    if (busy || on === undefined || why !== undefined) return
    setBusy(true)
    const answer = await apiCall('PUT', `/api/policies/${policy.name}`, Done, { value: !on })
    setBusy(false)
    setProblem(answer.problem)
  }
  return (
    <li className="flex flex-wrap items-start gap-x-6 gap-y-3 px-4 py-3 max-md:px-3">
      <div className="min-w-0 flex-1 basis-80">
        <h3 className="flex flex-wrap items-center gap-x-3 font-medium">
          {policy.title} <OnOff on={on} />
        </h3>
        <p className="mt-1 max-w-prose text-pretty text-muted">{policy.does}</p>
        <p className="mt-1 max-w-prose text-pretty text-sm text-muted">
          {policy.binds} {policy.off}
        </p>
        <ProblemLine problem={problem} />
      </div>
      {on !== undefined &&
        (waits ? (
          <span className="flex h-7 items-center gap-1.5 text-sm text-warn">
            <Hourglass aria-hidden className="size-3.5" /> waits for a second admin
          </span>
        ) : takesTwo ? (
          <Button
            className="max-md:h-11 max-md:w-full"
            look={why === undefined ? 'control' : 'off'}
            aria-disabled={busy || why !== undefined}
            title={why ?? 'Another admin must confirm it'}
            aria-label={`Ask to ${verb}: ${policy.title}`}
            onClick={() => void set()}
          >
            Ask to {verb}
          </Button>
        ) : (
          <HoldToAct
            className="max-md:h-11 max-md:w-full"
            look="control"
            why={why}
            busy={busy}
            label={`Hold to turn on: ${policy.title}`}
            onHeld={() => void set()}
          >
            Hold to turn on
          </HoldToAct>
        ))}
    </li>
  )
}
