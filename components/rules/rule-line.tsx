'use client'
// One rule: what it looks for, how loud it is, how often it fired. Opens to why it matters, what to do first and what innocent looks the same.
import { ChevronRight, CircleAlert, Info, type LucideIcon, Siren, TriangleAlert } from 'lucide-react'
import { type ReactNode, useId } from 'react'
import type { FlagSeverity } from '../../server/protocol/flag.ts'
import type { RuleView } from '../../server/protocol/rule-view.ts'
import { classNames } from '../ui/class-names.ts'
import { ageText, dateTimeText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { firedText } from './rule-words.ts'

/** Columns of the heading and of each row, on a wide screen only. */
export const ruleColumns =
  'lg:grid lg:grid-cols-[minmax(260px,2.4fr)_104px_minmax(120px,0.9fr)_minmax(140px,1fr)_minmax(130px,0.9fr)_96px] lg:gap-x-3'

const looks: Readonly<Record<FlagSeverity, { icon: LucideIcon; text: string }>> = {
  critical: { icon: Siren, text: 'font-medium text-critical' },
  high: { icon: TriangleAlert, text: 'font-medium text-critical' },
  medium: { icon: CircleAlert, text: 'text-warn' },
  low: { icon: Info, text: 'text-muted' },
  informational: { icon: Info, text: 'text-muted' },
}

type Props = { rule: RuleView; now: number; open: boolean; onToggle: () => void }

export function RuleLine({ rule, now, open, onToggle }: Props) {
  const id = useId()
  const { icon: Icon, text } = looks[rule.severity]
  return (
    <li className="border-b hover:bg-panel">
      <div
        className={classNames(
          'px-4 py-1.5 leading-[15px] max-lg:py-2.5 max-md:px-3 lg:min-h-[38px] lg:items-center',
          ruleColumns,
        )}
      >
        <button
          type="button"
          data-rule={rule.id}
          aria-expanded={open}
          aria-controls={id}
          onClick={onToggle}
          className="flex w-full min-w-0 items-center gap-2 rounded-sm text-left max-md:min-h-11"
        >
          <ChevronRight aria-hidden className={classNames('size-3.5 shrink-0 text-muted', open && 'rotate-90')} />
          <HostileText text={rule.title} max={160} className="min-w-0 flex-1 lg:truncate" />
        </button>
        <dl className="grid grid-cols-2 gap-x-4 gap-y-1.5 pl-[22px] max-lg:pt-1.5 sm:grid-cols-3 lg:contents">
          <Cell name="severity">
            <span className={classNames('inline-flex items-center gap-1', text)}>
              <Icon aria-hidden className="size-3 shrink-0" />
              {rule.severity}
            </span>
          </Cell>
          <Cell name="behaviour">
            <HostileText text={rule.behaviour ?? '—'} max={64} className="truncate" />
          </Cell>
          <Cell name="ATT&CK">
            <HostileText text={rule.techniques.join(' ') || '—'} max={80} className="truncate font-mono text-sm" />
          </Cell>
          <Cell name="fired">
            <span className={rule.flags === 0 ? 'text-muted' : undefined}>{firedText(rule)}</span>
          </Cell>
          <Cell name="newest">
            {rule.lastAtMs === undefined ? (
              <span className="text-muted">—</span>
            ) : (
              <span title={dateTimeText(rule.lastAtMs)}>{ageText(now - rule.lastAtMs)} ago</span>
            )}
          </Cell>
        </dl>
      </div>
      <div id={id} hidden={!open}>
        {open && <RuleDetail rule={rule} />}
      </div>
    </li>
  )
}

function Cell({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-xs text-muted lg:sr-only">{name}</dt>
      <dd className="flex min-w-0">{children}</dd>
    </div>
  )
}

function RuleDetail({ rule }: { rule: RuleView }) {
  const { why, response, falsePositives, looksAt, kind, file, id, tactics, techniques, atlas } = rule
  return (
    <dl className="grid gap-x-8 gap-y-2 border-t bg-panel px-4 py-3 max-md:px-3 lg:grid-cols-2 lg:pl-[38px]">
      {why !== undefined && <Fact name="Why it matters">{why}</Fact>}
      {response !== undefined && <Fact name="What to do first">{response}</Fact>}
      {falsePositives.length > 0 && <Fact name="Innocent, and looks the same">{falsePositives.join('; ')}</Fact>}
      <Fact name={kind === 'detector' ? 'What it counts' : 'What it looks at'}>{looksAt}</Fact>
      <Fact name="ATT&CK and ATLAS">{[...tactics, ...techniques, ...atlas].join(', ') || 'none given'}</Fact>
      <Fact name={file === undefined ? 'Detector' : 'File and id'}>{[file, id].filter(Boolean).join(' · ')}</Fact>
    </dl>
  )
}

function Fact({ name, children }: { name: string; children: string }) {
  return (
    <div className="min-w-0">
      <dt className="text-sm text-muted">{name}</dt>
      <dd className="min-w-0 break-words">
        <HostileText text={children} max={1_000} />
      </dd>
    </div>
  )
}
