'use client'
// What is expected, for all sessions, task sets and runs. It tells detection; it opens and closes no network, and the page says so.
import { ListChecks, X } from 'lucide-react'
import { useState } from 'react'
import { type AllowEntry, AllowlistView } from '../../server/protocol/destination-view.ts'
import { contextDocument } from '../../server/protocol/rule-view.ts'
import { useWhyNotAdmin } from '../containment/use-role.ts'
import { useWatch } from '../live/live-context.tsx'
import { usePastAt } from '../replay/replay-context.tsx'
import { asOf } from '../replay/replay-words.ts'
import { editPath } from '../rules/rule-path.ts'
import { type ApiProblem, apiCall } from '../settings/api-call.ts'
import { AskAgain, NothingYet } from '../settings/asked.tsx'
import { listClass, ProblemLine } from '../settings/section.tsx'
import { useListed } from '../settings/use-listed.ts'
import { useActsOff } from '../ui/act-button.tsx'
import { Button } from '../ui/button.tsx'
import { dateTimeText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { LinkButton } from '../ui/link-button.tsx'
import { Notice } from '../ui/notice.tsx'
import { AllowForm } from './allow-form.tsx'
import { listWords } from './destination-words.ts'

const path = '/api/egress/allowlists'

export function AllowlistsView() {
  useWatch({ view: 'live' })
  const whyNotAdmin = useWhyNotAdmin()
  const why = useActsOff() ?? whyNotAdmin
  const { value, problem, again } = useListed(asOf(path, usePastAt()), AllowlistView, true)
  const [refused, setRefused] = useState<ApiProblem>()
  if (!value) return <NothingYet what="what is expected" problem={problem} again={again} />
  const remove = async ({ scope, name, index, to }: AllowEntry) => {
    const body = { base: value.version, scope, name, index, to }
    const answer = await apiCall('POST', `${path}/entries/remove`, AllowlistView, body)
    setRefused(answer.problem)
    await again()
  }
  return (
    <div className="min-h-0 flex-1 overflow-y-auto px-4 py-3 max-md:px-3">
      <AskAgain problem={problem} again={again} className="px-0 max-md:px-0" />
      <p className="max-w-prose text-pretty text-muted">
        An allowlist tells detection which destinations are expected: their flags are lowered or not raised, from the
        next fact on. It opens no network and closes none. What pages stays in the record, lowered.
      </p>
      {value.lists !== undefined && (
        <p className={`mt-2 text-sm ${value.lists === 'then' ? 'text-muted' : 'text-warn'}`}>
          {value.lists === 'then'
            ? 'As it was expected at this moment.'
            : 'The lists of this moment are not kept: these are those of now.'}
        </p>
      )}
      {why !== undefined && <p className="mt-2 text-sm text-warn">{why}</p>}
      {why === undefined && <AllowForm base={value.version} onChanged={again} />}
      <ProblemLine problem={refused} />
      <h2 className="mt-5 mb-2 text-lg font-semibold">Entries</h2>
      {value.entries.length === 0 ? (
        <Notice icon={<ListChecks aria-hidden />} title="Nothing is expected yet">
          <p>No list has an entry, so every destination is on no list.</p>
        </Notice>
      ) : (
        <ul className={listClass}>
          {value.entries.map((entry) => (
            <li
              key={`${entry.scope} ${entry.name} ${entry.index} ${entry.to}`}
              className="flex flex-wrap items-center gap-x-4 gap-y-1 px-3 py-2"
            >
              <span className="min-w-0 break-all font-mono">
                <HostileText text={entry.to} max={300} />
              </span>
              <span className="text-muted">{entry.ports ? `ports ${entry.ports.join(', ')}` : 'all ports'}</span>
              <span className="min-w-0 break-words text-muted">
                for <HostileText text={listWords(entry)} max={150} />
              </span>
              <span className="min-w-0 flex-1 break-words text-muted">
                {entry.why !== undefined && <HostileText text={entry.why} max={200} />}
              </span>
              {why === undefined && entry.index >= 0 && (
                <Button look="quiet" className="max-md:h-11" onClick={() => void remove(entry)}>
                  <X aria-hidden /> Remove<span className="sr-only"> {entry.to}</span>
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      <h2 className="mt-5 mb-2 text-lg font-semibold">Changes</h2>
      {value.changes.length === 0 && <p className="text-muted">Nobody has changed the lists yet.</p>}
      <ul>
        {value.changes.map(({ version, by, atMs, note }) => (
          <li key={version} className="flex flex-wrap items-center gap-x-3 gap-y-1 py-1">
            <LinkButton look="bare" href={editPath(contextDocument, { version })}>
              Version {version}
            </LinkButton>
            <span className="text-muted">{dateTimeText(atMs)}</span>
            <HostileText text={by} max={100} />
            <span className="min-w-0 break-words text-muted">
              {note !== undefined && <HostileText text={note} max={200} />}
            </span>
          </li>
        ))}
      </ul>
      <p className="mt-3 text-muted">
        The lists are a part of context.yml in the Rules room: an earlier version can be taken back there.
      </p>
    </div>
  )
}
