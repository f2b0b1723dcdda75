// All that is drawn. Loaded on its own: Recharts is heavy.
import type { NumbersView } from '../../server/protocol/numbers-view.ts'
import { ApprovalSection } from './approval-section.tsx'
import { DelaySection } from './delay-section.tsx'
import { FlagSection } from './flag-section.tsx'
import { PrecisionSection } from './precision-section.tsx'

export default function NumbersCharts({ numbers }: { numbers: NumbersView }) {
  return (
    <>
      <DelaySection numbers={numbers} />
      <FlagSection numbers={numbers} />
      <PrecisionSection numbers={numbers} />
      <ApprovalSection numbers={numbers} />
    </>
  )
}
