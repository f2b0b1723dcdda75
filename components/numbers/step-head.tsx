// The days of a row, what to read them with, and the way to what is behind them.
import type { NumbersStep } from '../../server/protocol/numbers-view.ts'
import { BehindLink } from './number-table.tsx'
import { stepText } from './numbers-words.ts'

export function StepHead({ step, caution, href }: { step: NumbersStep; caution: string | undefined; href: string }) {
  return (
    <>
      <BehindLink href={href}>
        <span className="font-mono">{stepText(step)}</span>
      </BehindLink>
      {caution !== undefined && <span className="ml-2 text-sm text-muted">{caution}</span>}
    </>
  )
}
