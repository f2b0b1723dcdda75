// The mark of each state of a cell that is not plain: a shape, so that no state is told by colour alone.
import { Flag, HelpCircle, type LucideIcon, Snowflake, WifiOff } from 'lucide-react'
import type { CellState } from './heat-cell.ts'

export const stateMarks: Readonly<Record<Exclude<CellState, 'plain'>, { icon: LucideIcon; className: string }>> = {
  'off task': { icon: Flag, className: 'text-critical' },
  frozen: { icon: Snowflake, className: 'text-frozen' },
  question: { icon: HelpCircle, className: 'text-warn' },
  'not now': { icon: WifiOff, className: 'text-warn' },
}
