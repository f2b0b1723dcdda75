'use client'
// What waits for a second person, shown to everybody on every page: the one who asked may withdraw it, another may confirm or refuse.
import { Check, Hourglass, Undo2, X } from 'lucide-react'
import { useState } from 'react'
import type { FleetView, ProposalView } from '../../server/protocol/control-views.ts'
import { useFleet, useLive } from '../live/live-context.tsx'
import { useNow } from '../live/use-now.ts'
import { useOperator } from '../shell/operator.tsx'
import { ActButton } from '../ui/act-button.tsx'
import { HoldToAct } from '../ui/hold-to-act.tsx'
import { HostileText } from '../ui/hostile-text.tsx'
import { visibleText } from '../ui/visible-text.ts'
import { letsGo, partOf, proposalWords, waitingProposals } from './proposal-words.ts'
import { countdownText } from './standing-words.ts'

const shown = 2

export function ProposalStrip() {
  const fleet = useFleet()
  const now = useNow(fleet && fleet.proposals.length > 0 ? 1_000 : undefined)
  const [all, setAll] = useState(false)
  const waiting = waitingProposals(fleet, now)
  if (!fleet || waiting.length === 0) return null
  const hidden = all ? 0 : Math.max(0, waiting.length - shown)
  return (
    <section aria-label="Waiting for a second person" className="shrink-0 border-b border-warn/30 bg-warn/8">
      <ul className="max-h-[40dvh] divide-y divide-warn/20 overflow-y-auto">
        {waiting.slice(0, waiting.length - hidden).map((proposal) => (
          <Proposal key={proposal.proposal} proposal={proposal} fleet={fleet} leftMs={proposal.expiresAtMs - now} />
        ))}
      </ul>
      {(hidden > 0 || all) && (
        <button
          type="button"
          onClick={() => setAll(!all)}
          className="h-7 px-4 text-sm text-warn hover:underline max-md:h-11 max-md:px-3"
        >
          {all ? 'Show fewer' : `${hidden} more wait for a second person`}
        </button>
      )}
    </section>
  )
}

type Props = { proposal: ProposalView; fleet: FleetView; leftMs: number }

function Proposal({ proposal, fleet, leftMs }: Props) {
  const { connection } = useLive()
  const [busy, setBusy] = useState(false)
  const part = partOf(proposal, useOperator())
  const what = proposalWords(proposal, fleet)
  const decide = async (decision: 'confirmed' | 'refused' | 'withdrawn') => {
    if (busy) return
    setBusy(true)
    await connection?.decide({ proposal: proposal.proposal, decision })
    setBusy(false)
  }
  const name = visibleText(what, { max: 120 })
  return (
    <li className="flex min-h-10 flex-wrap items-center gap-x-4 gap-y-1.5 px-4 py-1.5 max-md:gap-x-3 max-md:px-3 max-md:py-2">
      <span className="flex min-w-0 items-start gap-2">
        <Hourglass aria-hidden className="mt-0.5 size-4 shrink-0 text-warn" />
        <span className="min-w-0 break-words">
          {part === 'own' ? (
            <>
              <strong className="font-semibold text-warn">Waits for a second person:</strong> you asked to{' '}
            </>
          ) : (
            <>
              <HostileText text={proposal.by.name} max={60} className="font-semibold text-warn" /> asks to{' '}
            </>
          )}
          <HostileText text={what} max={200} className="font-medium" />
          {proposal.reason && (
            <span className="text-muted">
              {' · '}
              <q>
                <HostileText text={proposal.reason} max={200} />
              </q>
            </span>
          )}
        </span>
      </span>
      <span className="whitespace-nowrap text-sm text-muted">
        expires in <span className="font-mono">{countdownText(leftMs)}</span>
      </span>
      <span className="ml-auto flex items-center gap-2 max-md:ml-0 max-md:w-full max-md:[&>button]:h-11 max-md:[&>button]:flex-auto">
        {part === 'own' && (
          <ActButton
            look="quiet"
            aria-label={`Withdraw: ${name}`}
            aria-disabled={busy}
            onClick={() => void decide('withdrawn')}
          >
            <Undo2 aria-hidden /> Withdraw
          </ActButton>
        )}
        {part === 'decides' && (
          <>
            <ActButton
              look="control"
              aria-label={`Refuse: ${name}`}
              aria-disabled={busy}
              onClick={() => void decide('refused')}
            >
              <X aria-hidden /> Refuse
            </ActButton>
            <HoldToAct
              look="warn"
              icon={<Check aria-hidden />}
              busy={busy}
              label={`Hold to confirm: ${name}`}
              onHeld={() => void decide('confirmed')}
            >
              {letsGo(proposal) ? 'Hold to confirm the release' : 'Hold to confirm'}
            </HoldToAct>
          </>
        )}
        {typeof part === 'object' && <span className="text-sm text-muted">{part.looksOn}</span>}
      </span>
    </li>
  )
}
