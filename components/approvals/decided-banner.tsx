// What became of it: who, what, when, for how long, the words for the agent, and whether anything came to use it.
import type { ApprovalView } from '../../server/protocol/approval.ts'
import { classNames } from '../ui/class-names.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { type DecidedTone, decidedWords, usedText } from './approval-words.ts'
import { decidedIcons, textOfTone } from './decided-mark.tsx'
import { exactAction } from './exact-action.ts'

const groundOf: Readonly<Record<DecidedTone, string>> = {
  ok: 'border-ok/40 bg-ok/8',
  critical: 'border-critical/40 bg-critical/8',
  warn: 'border-warn/40 bg-warn/8',
  info: 'border-info/40 bg-info/8',
  quiet: 'bg-panel',
}

export function DecidedBanner({ approval, me }: { approval: ApprovalView; me: string | undefined }) {
  const { decided } = approval
  // Always there, so that its coming is told.
  return (
    <div role="status" className={decided ? undefined : 'hidden'}>
      {decided && <Banner approval={approval} decided={decided} me={me} />}
    </div>
  )
}

type Props = { approval: ApprovalView; decided: NonNullable<ApprovalView['decided']>; me: string | undefined }

function Banner({ approval, decided, me }: Props) {
  const { sentence, tone } = decidedWords(decided, me)
  const Icon = decidedIcons[decided.decision]
  const used = usedText(approval)
  return (
    <div className={classNames('rounded-lg border px-4 py-3', groundOf[tone])}>
      <p className={classNames('flex items-start gap-2 text-lg font-medium', textOfTone[tone])}>
        <Icon aria-hidden className="mt-0.5 size-4 shrink-0" />
        <HostileText text={sentence} max={300} className="min-w-0 break-words first-letter:uppercase" />
      </p>
      {decided.reason !== undefined && (
        <p className="mt-1 pl-6">
          <span className="text-muted">Told the agent: </span>
          <q>
            <HostileText text={decided.reason} max={512} className="break-words" />
          </q>
        </p>
      )}
      {decided.input !== undefined && (
        <p className="mt-1 flex gap-2 pl-6">
          <span className="shrink-0 text-muted">May run instead:</span>
          <HostileText text={exactAction(decided.input).text} max={4_000} multiline className="min-w-0 font-mono" />
        </p>
      )}
      {used !== '' && <p className="mt-1 pl-6 text-muted">{used}</p>}
    </div>
  )
}
