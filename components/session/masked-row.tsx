'use client'
// Under a line whose text holds masked pieces: how many of which kind, and the way to the original, which leaves a record.
import { EyeOff, KeyRound } from 'lucide-react'
import { useState } from 'react'
import type { RevealRequest } from '../../server/protocol/reveal.ts'
import { Revealed } from '../../server/protocol/reveal.ts'
import { addCounts, type SecretCounts } from '../../server/protocol/secrets.ts'
import { apiCall } from '../settings/api-call.ts'
import { useOperator } from '../shell/operator.tsx'
import { Button } from '../ui/button.tsx'
import { classNames } from '../ui/class-names.ts'
import { maskedText, whyNotShown } from './masked-words.ts'

type Props = {
  session: string
  masked: readonly (SecretCounts | undefined)[]
  /** What is asked for: an event each, or an approval. */
  asks: readonly RevealRequest[]
  shown: boolean
  onShown: (revealed: readonly Revealed[] | undefined) => void
  className?: string
}

export function MaskedRow({ session, masked, asks, shown, onShown, className }: Props) {
  const role = useOperator()?.role
  const [isAsking, setIsAsking] = useState(false)
  const [problem, setProblem] = useState<string>()
  const counts: SecretCounts = {}
  for (const each of masked) if (each) addCounts(counts, each)
  const whyNot = whyNotShown(role)
  const show = async () => {
    setIsAsking(true)
    const path = `/api/sessions/${encodeURIComponent(session)}/reveal`
    const answers = await Promise.all(asks.map((ask) => apiCall('POST', path, Revealed, ask, 8_000)))
    const refused = answers.find((each) => each.problem)?.problem
    setIsAsking(false)
    setProblem(refused && `${refused.title}: ${refused.detail}`)
    if (!refused) onShown(answers.flatMap(({ value }) => (value ? [value] : [])))
  }
  const words = maskedText(counts)
  return (
    <p className={classNames('flex flex-wrap items-center gap-x-2.5 gap-y-1 text-sm text-muted', className)}>
      <KeyRound aria-hidden className="size-3.5 shrink-0" />
      <span>
        {words} {shown ? 'shown: that you saw it is on record' : 'masked'}
      </span>
      {shown ? (
        <Button look="quiet" size="row" className="h-6 max-md:h-11" onClick={() => onShown(undefined)}>
          <EyeOff aria-hidden /> Mask it again
        </Button>
      ) : (
        <Button
          look="quiet"
          size="row"
          className="h-6 max-md:h-11"
          aria-disabled={whyNot !== undefined || isAsking}
          aria-label={`Show what is masked: ${words}`}
          title={whyNot ?? 'Shows the original, and puts on record that you saw it'}
          onClick={() => whyNot === undefined && !isAsking && void show()}
        >
          {isAsking ? 'Asking' : 'Show'}
        </Button>
      )}
      {whyNot !== undefined && role !== undefined && !shown && <span className="max-md:basis-full">{whyNot}</span>}
      {problem !== undefined && (
        <span role="alert" className="text-warn">
          {problem}
        </span>
      )}
    </p>
  )
}
