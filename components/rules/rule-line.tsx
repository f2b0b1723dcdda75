'use client'
// One rule in the list: how loud, how often, how often right, and what somebody changed about it. Leads to the rule's own page.
import Link from 'next/link'
import type { RuleView } from '../../server/protocol/rule-view.ts'
import { classNames } from '../ui/class-names.ts'
import { agoText, dateTimeText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { RowCell } from '../ui/row-cell.tsx'
import { DayBars, SeverityWord, StateMarks } from './rule-marks.tsx'
import { rulePath } from './rule-path.ts'
import { firedText, precisionWords, stateMarks } from './rule-words.ts'

/** Columns of the heading and of each row, on a wide screen only. */
export const ruleColumns =
  'xl:grid xl:grid-cols-[minmax(250px,2.3fr)_112px_minmax(110px,0.8fr)_minmax(190px,1.1fr)_92px_minmax(150px,1.3fr)_84px] xl:gap-x-3'

export function RuleLine({ rule, now }: { rule: RuleView; now: number }) {
  const precision = precisionWords(rule.verdicts)
  return (
    <li
      className={classNames(
        // The whole row is the link's; its outline stands around the row.
        'relative border-b px-4 py-1.5 leading-[15px] hover:bg-panel has-[[data-row]:focus]:bg-raised max-xl:py-2.5 max-md:px-3 xl:min-h-[38px] xl:items-center',
        ruleColumns,
        !rule.isEnabled && 'text-muted',
      )}
    >
      <h3 className="min-w-0 font-normal max-xl:text-base">
        <Link
          data-row
          href={rulePath(rule.id)}
          prefetch={false}
          className="block outline-none after:absolute after:inset-0 after:rounded-sm focus-visible:after:outline-2 focus-visible:after:outline-info focus-visible:after:-outline-offset-2 max-md:min-h-7 xl:truncate"
        >
          <HostileText text={rule.title} max={160} />
        </Link>
      </h3>
      <dl className="grid grid-cols-2 gap-x-4 gap-y-2 max-xl:pt-1 sm:grid-cols-3 md:grid-cols-4 xl:contents">
        <RowCell name="severity">
          <SeverityWord severity={rule.severity} />
        </RowCell>
        <RowCell name="behaviour">
          <HostileText text={rule.behaviour ?? '—'} max={64} className="block truncate" />
        </RowCell>
        <RowCell name="fired, 7 days">
          <span className="flex items-center gap-2">
            <DayBars perDay={rule.perDay} />
            <span className={classNames('min-w-0 truncate', rule.flags === 0 && 'text-muted')}>{firedText(rule)}</span>
          </span>
        </RowCell>
        <RowCell name="precision" className={precision ? undefined : 'max-xl:hidden'}>
          {precision ? (
            <span title="of the flags that operators judged, drills aside">
              {precision.percent} <span className="text-xs text-muted">{precision.counts}</span>
            </span>
          ) : (
            <span className="text-muted">
              <span aria-hidden>—</span>
              <span className="sr-only">nobody judged it</span>
            </span>
          )}
        </RowCell>
        <RowCell name="changed" className={stateMarks(rule).length > 0 ? 'max-sm:col-span-2' : 'max-xl:hidden'}>
          <StateMarks rule={rule} />
        </RowCell>
        <RowCell name="newest" className={rule.lastAtMs === undefined ? 'max-xl:hidden' : undefined}>
          {rule.lastAtMs === undefined ? (
            <span className="text-muted">—</span>
          ) : (
            <span title={dateTimeText(rule.lastAtMs)}>{agoText(now - rule.lastAtMs)}</span>
          )}
        </RowCell>
      </dl>
    </li>
  )
}
