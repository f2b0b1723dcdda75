'use client'
// The room of incidents: worst first, those that are over below.
import { SearchX, Siren, X } from 'lucide-react'
import { parseAsInteger, parseAsString, parseAsStringLiteral, useQueryStates } from 'nuqs'
import { useRef } from 'react'
import { IncidentStatus, type IncidentView } from '../../server/protocol/incident.ts'
import { useWatch } from '../live/live-context.tsx'
import { useStaleness } from '../live/staleness-pill.tsx'
import { useNow } from '../live/use-now.ts'
import { AskAgain, NothingYet } from '../settings/asked.tsx'
import { useRowKeys } from '../shell/use-row-keys.ts'
import { Button } from '../ui/button.tsx'
import { FilterChips } from '../ui/filter-chips.tsx'
import { FilterField } from '../ui/filter-field.tsx'
import { countText } from '../ui/format-quantity.ts'
import { Notice } from '../ui/notice.tsx'
import { RowHeads } from '../ui/row-cell.tsx'
import { isWithin, timeWindowOf } from '../ui/time-window.ts'
import { WindowNote } from '../ui/window-note.tsx'
import { IncidentLine, incidentColumns, incidentHeads } from './incident-line.tsx'
import { statusWord } from './incident-words.ts'
import { useIncidents } from './use-incidents.ts'

const states = [...IncidentStatus.options, 'all'] as const

export function IncidentsView() {
  useWatch({ view: 'live' })
  const { stale } = useStaleness()
  const now = useNow(1_000)
  const [{ q, state, drills, ...span }, setUrl] = useQueryStates(
    {
      q: parseAsString.withDefault(''),
      state: parseAsStringLiteral(states).withDefault('all'),
      /** By the first flag. Epoch milliseconds; both, or neither counts. */
      from: parseAsInteger,
      to: parseAsInteger,
      drills: parseAsStringLiteral(['yes', 'no']).withDefault('yes'),
    },
    { history: 'replace', scroll: false, throttleMs: 300 },
  )
  const { value, problem, again } = useIncidents()
  const list = useRef<HTMLUListElement>(null)
  const input = useRef<HTMLInputElement>(null)
  useRowKeys({ list, filter: input })
  if (!value) return <NothingYet what="incidents" problem={problem} again={again} />
  const window = timeWindowOf(span)
  const all = value.incidents.filter(
    ({ detectedAtMs, isDrill }) => isWithin(window, detectedAtMs) && (drills === 'yes' || !isDrill),
  )
  const shown = all.filter((each) => (state === 'all' || each.status === state) && hasWords(each, q))
  return (
    <div data-stale={stale} className="flex min-h-0 flex-1 flex-col">
      <div className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-2 border-b px-4 py-2 max-md:px-3">
        <FilterChips
          label="Only those that are"
          chips={states.map((each) =>
            each === 'all'
              ? { value: each, word: 'All', count: all.length, isAll: true as const }
              : { value: each, word: statusWord[each], count: all.filter(({ status }) => status === each).length },
          )}
          on={[state]}
          onToggle={(next) => void setUrl({ state: next === state || next === 'all' ? null : next })}
          className="min-w-0 max-md:w-full"
        />
        <FilterField
          of="incidents"
          value={q}
          onChange={(next) => void setUrl({ q: next || null })}
          hint="title, session, host, owner"
          input={input}
          className="w-72"
        />
        {window && <WindowNote what="Detected" window={window} onClear={() => void setUrl({ from: null, to: null })} />}
        {drills === 'no' && (
          <Button look="quiet" className="max-md:h-11" onClick={() => void setUrl({ drills: null })}>
            <X aria-hidden /> Without drills
          </Button>
        )}
      </div>
      <RowHeads heads={incidentHeads} columns={incidentColumns} />
      <div className="min-h-0 flex-1 overflow-y-auto">
        <AskAgain problem={problem} again={again} />
        {shown.length === 0 && <Nothing total={value.incidents.length} isOfSpan={window !== undefined} />}
        <ul ref={list} aria-label="Incidents, worst first">
          {shown.map((each) => (
            <IncidentLine key={each.incident} incident={each} nowMs={now} />
          ))}
        </ul>
      </div>
    </div>
  )
}

function hasWords(incident: IncidentView, q: string): boolean {
  const text = [incident.incident, incident.title, incident.owner?.name, ...incident.sessions, ...incident.hosts]
    .join('\n')
    .toLowerCase()
  return q
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}

function Nothing({ total, isOfSpan }: { total: number; isOfSpan: boolean }) {
  if (total > 0)
    return (
      <Notice icon={<SearchX aria-hidden />} title="None of them is like that">
        <p>
          {countText(total)} are kept: take away a filter or words above.
          {isOfSpan && ' One that was resolved long ago may have left this list: its page is still at its address.'}
        </p>
      </Notice>
    )
  return (
    <Notice icon={<Siren aria-hidden />} title="No incident so far">
      <p>
        One forms by itself as soon as a flag pages, or several milder ones of a session weigh enough together. What
        belongs to it joins it: the same session, host, destination or training run, near in time.
      </p>
    </Notice>
  )
}
