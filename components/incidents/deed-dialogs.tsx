'use client'
// What a deed needs to know: the verdict, the words, the other incident, the sessions.
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { FlagVerdict } from '../../server/protocol/flag.ts'
import { type IncidentDetail, IncidentSeverity } from '../../server/protocol/incident.ts'
import { Field, inputClass } from '../settings/section.tsx'
import { HostileText } from '../ui/hostile-text.tsx'
import { AssignDialog } from './assign-dialog.tsx'
import { Choice, IncidentDialog } from './incident-dialog.tsx'
import { incidentPath, severityMeaning, severityWord } from './incident-words.ts'
import { type ChangeIncident, useIncidents } from './use-incidents.ts'

export type DialogName = 'assign' | 'resolve' | 'reopen' | 'retitle' | 'grade' | 'merge' | 'split'
type Props = { incident: IncidentDetail; change: ChangeIncident; onClose: () => void }

export function DeedDialog({ name, ...props }: Props & { name: DialogName }) {
  switch (name) {
    case 'assign':
      return <AssignDialog {...props} />
    case 'resolve':
      return <ResolveDialog {...props} />
    case 'reopen':
      return <ReopenDialog {...props} />
    case 'retitle':
      return <RetitleDialog {...props} />
    case 'grade':
      return <GradeDialog {...props} />
    case 'merge':
      return <MergeDialog {...props} />
    case 'split':
      return <SplitDialog {...props} />
  }
}

const verdicts: readonly { value: FlagVerdict; word: string; aside: string }[] = [
  { value: 'true', word: 'Real', aside: 'it was what it says' },
  { value: 'false', word: 'Noise', aside: 'nothing of it was wrong' },
  { value: 'drill', word: 'Drill', aside: 'it was rehearsed' },
]

function ResolveDialog({ incident, change, onClose }: Props) {
  const [verdict, setVerdict] = useState<FlagVerdict | undefined>(incident.isDrill ? FlagVerdict.enum.drill : undefined)
  const [reason, setReason] = useState('')
  const left = incident.sessions.length - incident.containedSessions
  return (
    <IncidentDialog
      title={`Resolve ${incident.incident}`}
      says={
        left > 0
          ? `${left} of its sessions ${left === 1 ? 'is' : 'are'} not seen held or ended: resolving holds nothing and lifts nothing.`
          : 'Resolving lifts nothing: what is held stays held. It does not page again; new evidence opens a new one.'
      }
      word="Resolve"
      onSend={
        verdict &&
        (async () =>
          (await change({ type: 'resolve', verdict, ...(reason.trim() && { reason: reason.trim() }) })).problem)
      }
      onClose={onClose}
    >
      <Choice legend="What was it" name="verdict" choices={verdicts} chosen={verdict} onChoose={setVerdict} />
      <Reason value={reason} onChange={setReason} />
    </IncidentDialog>
  )
}

function ReopenDialog({ incident, change, onClose }: Props) {
  const [reason, setReason] = useState('')
  return (
    <IncidentDialog
      title={`Reopen ${incident.incident}`}
      says="It is open again, as if it had not been resolved; that it was stays in the log."
      word="Reopen"
      onSend={async () => (await change({ type: 'reopen', ...(reason.trim() && { reason: reason.trim() }) })).problem}
      onClose={onClose}
    >
      <Reason value={reason} onChange={setReason} />
    </IncidentDialog>
  )
}

function Reason({ value, onChange }: { value: string; onChange: (text: string) => void }) {
  return (
    <Field label="Reason, for the log">
      {(ties) => (
        <input
          {...ties}
          value={value}
          maxLength={500}
          autoComplete="off"
          onChange={(event) => onChange(event.target.value)}
          className={inputClass}
        />
      )}
    </Field>
  )
}

function RetitleDialog({ incident, change, onClose }: Props) {
  const [title, setTitle] = useState(incident.title)
  const words = title.trim()
  return (
    <IncidentDialog
      title="Title"
      says="In plain words, as it would be said on the telephone. The one it has now stays in the log."
      word="Give this title"
      onSend={words === '' ? undefined : async () => (await change({ type: 'retitle', title: words })).problem}
      onClose={onClose}
    >
      <Field label="Title">
        {(ties) => (
          <input
            {...ties}
            value={title}
            maxLength={160}
            autoComplete="off"
            onChange={(event) => setTitle(event.target.value)}
            className={inputClass}
          />
        )}
      </Field>
    </IncidentDialog>
  )
}

function GradeDialog({ incident, change, onClose }: Props) {
  const [severity, setSeverity] = useState<IncidentSeverity>(incident.severity)
  return (
    <IncidentDialog
      title="Severity"
      says="From then on it is what you say, whatever else joins it."
      word="Grade it so"
      onSend={async () => (await change({ type: 'grade', severity })).problem}
      onClose={onClose}
    >
      <Choice
        legend="How bad is it"
        name="severity"
        choices={IncidentSeverity.options.map((value) => ({
          value,
          word: severityWord[value],
          aside: severityMeaning[value],
        }))}
        chosen={severity}
        onChoose={setSeverity}
      />
    </IncidentDialog>
  )
}

function MergeDialog({ incident, change, onClose }: Props) {
  const router = useRouter()
  const [into, setInto] = useState('')
  const others = (useIncidents().value?.incidents ?? []).filter(
    (each) => each.incident !== incident.incident && each.status !== 'resolved' && each.isDrill === incident.isDrill,
  )
  return (
    <IncidentDialog
      title={`Merge ${incident.incident} into…`}
      says="Its flags and sessions become a part of the other one, which goes on. A drill and the real thing stay apart."
      word="Merge"
      onSend={
        into === ''
          ? undefined
          : async () => {
              const { about, problem } = await change({ type: 'merge', into })
              if (about) router.push(incidentPath(about.incident))
              return problem
            }
      }
      onClose={onClose}
    >
      {others.length === 0 ? (
        <p>There is no other one that is open.</p>
      ) : (
        <Field label="Incident that goes on">
          {(ties) => (
            <select {...ties} value={into} onChange={(event) => setInto(event.target.value)} className={inputClass}>
              <option value="">Choose one</option>
              {others.map((each) => (
                <option key={each.incident} value={each.incident}>
                  {/* An option holds text alone: what could be hostile in it is the title, and its id stands first. */}
                  {`${each.incident} · ${each.title.replace(/[^\x20-\x7e]/g, '?').slice(0, 80)}`}
                </option>
              ))}
            </select>
          )}
        </Field>
      )}
    </IncidentDialog>
  )
}

function SplitDialog({ incident, change, onClose }: Props) {
  const router = useRouter()
  const [chosen, setChosen] = useState<readonly string[]>([])
  const isWhole = chosen.length >= incident.sessions.length
  return (
    <IncidentDialog
      title="Split off sessions…"
      says="They, with their flags, are an incident of their own from then on. At least one session stays."
      word="Split off"
      onSend={
        chosen.length === 0 || isWhole
          ? undefined
          : async () => {
              const { about, problem } = await change({ type: 'split', sessions: chosen })
              if (about) router.push(incidentPath(about.incident))
              return problem
            }
      }
      onClose={onClose}
    >
      <fieldset className="max-h-[40vh] min-w-0 overflow-y-auto">
        <legend className="mb-1 text-sm text-muted">Sessions</legend>
        {incident.sessions.map((session) => (
          <label
            key={session}
            className="flex min-h-9 cursor-pointer items-center gap-2.5 rounded-md px-2 hover:bg-raised max-md:min-h-11"
          >
            <input
              type="checkbox"
              checked={chosen.includes(session)}
              onChange={() =>
                setChosen((now) => (now.includes(session) ? now.filter((each) => each !== session) : [...now, session]))
              }
            />
            <HostileText text={session} max={128} className="min-w-0 truncate font-mono" />
          </label>
        ))}
      </fieldset>
      {isWhole && <p className="text-sm text-warn">All of them: at least one session stays.</p>}
    </IncidentDialog>
  )
}
