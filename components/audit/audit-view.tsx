'use client'
// The room of the audit: every deed of an operator, a key or the server, newest first, and whether the chain of them is whole.
import { SearchX, UserRoundCheck } from 'lucide-react'
import { parseAsString, useQueryStates } from 'nuqs'
import { useRef, useState } from 'react'
import { AuditPage } from '../../server/protocol/audit.ts'
import { useWatch } from '../live/live-context.tsx'
import { usePastAt } from '../replay/replay-context.tsx'
import { asOf } from '../replay/replay-words.ts'
import { AskAgain, NothingYet } from '../settings/asked.tsx'
import { useListed } from '../settings/use-listed.ts'
import { useRowKeys } from '../shell/use-row-keys.ts'
import { Button } from '../ui/button.tsx'
import { FilterField } from '../ui/filter-field.tsx'
import { countText } from '../ui/format-quantity.ts'
import { Notice } from '../ui/notice.tsx'
import { AuditLine } from './audit-line.tsx'
import { ChainCheck } from './chain-check.tsx'

const pageRows = 100
const rowsMax = 1_000

export function AuditView() {
  useWatch({ view: 'live' })
  const [{ q }, setUrl] = useQueryStates(
    { q: parseAsString.withDefault('') },
    { history: 'replace', scroll: false, throttleMs: 300 },
  )
  const [rows, setRows] = useState(pageRows)
  const path = `/api/audit?${new URLSearchParams({ limit: String(rows), ...(q && { q }) })}`
  const at = usePastAt()
  const { value, problem, again } = useListed(asOf(path, at), AuditPage, true)
  const list = useRef<HTMLUListElement>(null)
  const input = useRef<HTMLInputElement>(null)
  useRowKeys({ list, filter: input })
  if (!value) return <NothingYet what="who did what" problem={problem} again={again} />
  return (
    <>
      <div className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-2 border-b px-4 py-2 max-md:px-3">
        {at === undefined ? (
          <ChainCheck head={value.head} damage={value.damage} />
        ) : (
          <p className="text-muted">
            {countText(value.head.n)} {value.head.n === 1 ? 'entry' : 'entries'} by then
          </p>
        )}
        <FilterField
          of="deeds"
          value={q}
          onChange={(next) => {
            setRows(pageRows)
            void setUrl({ q: next || null })
          }}
          hint="who, what, session, reason"
          input={input}
          className="w-72"
        />
      </div>
      <div className="relative min-h-0 flex-1 overflow-y-auto">
        <AskAgain problem={problem} again={again} />
        {value.entries.length === 0 && <Nothing q={q} total={value.head.n} />}
        <ul ref={list} aria-label="Deeds, newest first">
          {value.entries.map((entry) => (
            <AuditLine key={entry.n} entry={entry} />
          ))}
        </ul>
        {value.more && (
          <div className="flex flex-wrap items-center gap-3 px-4 py-3 text-muted max-md:px-3">
            {rows < rowsMax ? (
              <Button className="max-md:h-11" onClick={() => setRows(Math.min(rowsMax, rows + 3 * pageRows))}>
                Show older
              </Button>
            ) : (
              <p>
                {countText(rowsMax)} are shown: older ones are found by words above, or with{' '}
                <code>vigil audit list --search</code>.
              </p>
            )}
          </div>
        )}
      </div>
    </>
  )
}

function Nothing({ q, total }: { q: string; total: number }) {
  if (q !== '')
    return (
      <Notice icon={<SearchX aria-hidden />} title="No deed has these words">
        <p>{countText(total)} are on record; the words are looked for in who did it, what it was, and its reason.</p>
      </Notice>
    )
  return (
    <Notice icon={<UserRoundCheck aria-hidden />} title="Nobody has done anything yet">
      <p>Controls, decisions, changes of rules, keys and people stand here from the first one on.</p>
    </Notice>
  )
}
