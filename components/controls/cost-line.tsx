'use client'
// What holding costs, beside the hold and ticking: an operator weighs it at every look.
import type { CostView } from '../../server/protocol/control-views.ts'
import { useNow } from '../live/use-now.ts'
import { classNames } from '../ui/class-names.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { costWords } from './holding-cost.ts'

export function CostLine({ cost, className }: { cost: CostView | undefined; className?: string }) {
  const now = useNow(cost && cost.gpus > 0 ? 1_000 : undefined)
  const words = costWords(cost, now)
  if (!words) return null
  const { gpus, spent, group, stalls } = words
  return (
    <p className={classNames('text-sm text-muted', className)}>
      {gpus === '' && spent !== '' ? 'Holding has cost ' : gpus === '' ? 'Holding ' : 'Holding costs '}
      {gpus !== '' && <strong className="font-semibold text-ink">{gpus}</strong>}
      {gpus !== '' && spent !== '' && ' · '}
      {spent !== '' && <span className="text-ink">{spent}</span>}
      {stalls !== '' && (
        <>
          {gpus !== '' || spent !== '' ? ' and stalls group ' : 'stalls group '}
          <HostileText text={group} max={60} className="text-ink" /> ({stalls})
        </>
      )}
    </p>
  )
}
