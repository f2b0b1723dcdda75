'use client'
// How long readings are kept, in plain words: what goes, what never goes, and what an incident holds back.
import { Trash2 } from 'lucide-react'
import { useState } from 'react'
import { z } from 'zod'
import { type DiskView, RetentionDays, RetentionView, stepDaysOf } from '../../server/protocol/retention.ts'
import { useWhyNotAdmin } from '../containment/use-role.ts'
import { tellJobsChanged } from '../jobs/use-jobs.ts'
import { Button } from '../ui/button.tsx'
import { bytesText, countText, plural } from '../ui/format-quantity.ts'
import { dateTimeText, dayText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { type ApiProblem, apiCall } from './api-call.ts'
import { Field, inputClass, ProblemLine, Section } from './section.tsx'
import { useListed } from './use-listed.ts'

const Started = z.object({ id: z.string() })
const fields = [
  { name: 'readings', label: 'Readings, days', hint: 'Every second or so: CPU, memory, traffic, GPUs.' },
  { name: 'steps', label: 'Ten seconds of them, days', hint: 'Made when readings are dropped, for charts of hours.' },
  { name: 'minutes', label: 'Minutes made of them, days', hint: 'Means and peaks; what old charts are drawn from.' },
] as const

export function RetentionSettings() {
  const why = useWhyNotAdmin()
  const { value, problem, again } = useListed('/api/retention', RetentionView, true, 30_000)
  return (
    <Section
      title="Retention"
      says="Readings of sessions and GPUs are dropped by the day when they are too old. Actions, flags, controls, approvals and the audit are never dropped. An incident that the console still lists holds all readings of its sessions, and those of its hosts’ GPUs from an hour before it to an hour after."
      why={why}
    >
      <ProblemLine problem={problem} />
      {value && (
        <div className="rounded-lg border bg-panel px-4 py-3 max-md:px-3">
          <Held view={value} />
          <DaysForm
            key={`${value.days.readings} ${stepDaysOf(value.days)} ${value.days.minutes}`}
            view={value}
            why={why}
            onChanged={() => void again()}
          />
        </div>
      )}
    </Section>
  )
}

function Held({ view }: { view: RetentionView }) {
  const { holds, oldestReadingsMs, lastRun, disk } = view
  return (
    <ul className="grid gap-1 text-pretty">
      <li>
        {holds.incidents === 0
          ? 'No incident holds anything.'
          : `${plural(holds.incidents, 'incident')} hold${holds.incidents === 1 ? 's' : ''} the readings of ${plural(holds.sessions, 'session')} and of ${plural(holds.hosts.length, 'host')}.`}
      </li>
      {holds.withMore > 0 && (
        <li className="text-warn">
          {plural(holds.withMore, 'incident')} {holds.withMore === 1 ? 'has' : 'have'} more sessions than an incident
          keeps by name: the readings of the others are not held.
        </li>
      )}
      <li className="text-muted">
        {oldestReadingsMs === undefined
          ? 'There are no readings yet.'
          : `The oldest reading is of ${dayText(oldestReadingsMs)}.`}
      </li>
      {disk && <li className={diskTone[disk.level]}>{diskWords(disk)}</li>}
      <li className={lastRun?.problem === undefined ? 'text-muted' : 'text-critical'}>
        {lastRun === undefined && 'Nothing has been dropped since the server started.'}
        {lastRun &&
          `Last run ${dateTimeText(lastRun.atMs)}: ${plural(lastRun.daysDropped, 'day')} dropped, ${plural(lastRun.rowsHeld, 'reading')} held, ${plural(lastRun.stepsDropped, 'step')} and ${plural(lastRun.minutesDropped, 'minute')} dropped.`}
        {lastRun?.problem !== undefined && (
          <>
            {' '}
            It did not end well: <HostileText text={lastRun.problem} max={300} />
          </>
        )}
      </li>
    </ul>
  )
}

const diskTone = { ok: 'text-muted', low: 'text-warn', 'very-low': 'text-critical' } as const

function diskWords({ level, freeBytes, totalBytes, warnBytes, shedBytes, ...disk }: DiskView): string {
  const { databaseIsElsewhere, shedRows, lastShedAtMs, nothingLeft } = disk
  const words = [`${bytesText(freeBytes)} of ${bytesText(totalBytes)} are free on the disk of the data folder.`]
  if (databaseIsElsewhere) words.push('The database has a disk of its own, which is not seen from here.')
  if (level === 'ok' && shedBytes > 0 && !databaseIsElsewhere)
    words.push(`Below ${bytesText(shedBytes)} the oldest readings that no incident holds are dropped early.`)
  if (level === 'low') words.push(`That is less than ${bytesText(warnBytes)}: make room.`)
  if (level === 'very-low' && !databaseIsElsewhere)
    words.push(
      nothingLeft
        ? 'No reading is left that may be dropped: make room now.'
        : 'The oldest readings that no incident holds are being dropped: make room now.',
    )
  if (shedRows > 0 && lastShedAtMs !== undefined)
    words.push(`${plural(shedRows, 'reading')} dropped for want of room, last ${dateTimeText(lastShedAtMs)}.`)
  return words.join(' ')
}

type FormProps = { view: RetentionView; why: string | undefined; onChanged: () => void }

function DaysForm({ view, why, onChanged }: FormProps) {
  const now = { ...view.days, steps: stepDaysOf(view.days) }
  const [days, setDays] = useState({
    readings: String(now.readings),
    steps: String(now.steps),
    minutes: String(now.minutes),
  })
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<ApiProblem>()
  const wanted = RetentionDays.safeParse({
    readings: Number(days.readings),
    steps: Number(days.steps),
    minutes: Number(days.minutes),
  })
  const names = ['readings', 'steps', 'minutes'] as const
  const isNew = wanted.success && names.some((name) => wanted.data[name] !== now[name])
  const isShorter = wanted.success && names.some((name) => (wanted.data[name] ?? 0) < now[name])
  const off = busy || why !== undefined
  const ask = async (work: () => Promise<{ problem?: ApiProblem | undefined }>) => {
    if (off) return
    setBusy(true)
    setProblem((await work()).problem)
    setBusy(false)
    onChanged()
  }
  return (
    <form
      className="mt-3 flex flex-wrap items-start gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        if (isNew) void ask(() => apiCall('PUT', '/api/retention', RetentionView, wanted.data))
      }}
    >
      {fields.map(({ name, label, hint }) => (
        <div key={name} className="w-60 max-md:w-full">
          <Field label={label} hint={hint}>
            {(ties) => (
              <input
                {...ties}
                inputMode="numeric"
                value={days[name]}
                disabled={why !== undefined}
                onChange={(event) => setDays({ ...days, [name]: event.target.value })}
                className={inputClass}
              />
            )}
          </Field>
        </div>
      ))}
      <div className="flex flex-wrap items-center gap-2 pt-6 max-md:w-full max-md:pt-0">
        <Button type="submit" size="form" aria-disabled={off || !isNew} title={why} className="max-md:h-11">
          Save
        </Button>
        <Button
          size="form"
          look="quiet"
          aria-disabled={off}
          title={why ?? 'It runs by itself within the hour. How far it is stands in the list of long work.'}
          className="max-md:h-11"
          onClick={() =>
            void ask(async () => {
              const answer = await apiCall('POST', '/api/retention/run', Started)
              tellJobsChanged()
              return answer
            })
          }
        >
          <Trash2 aria-hidden /> Drop what is too old now
        </Button>
      </div>
      {!wanted.success && (
        <p role="alert" className="w-full text-sm text-warn">
          Whole days: readings 1 to {countText(3_650)}, ten seconds at least as many, minutes at least as many as those.
        </p>
      )}
      {isNew && isShorter && (
        <p className="w-full text-sm text-warn">
          Shorter than now: what is older is dropped within the hour, and cannot be brought back.
        </p>
      )}
      <ProblemLine problem={problem} />
    </form>
  )
}
