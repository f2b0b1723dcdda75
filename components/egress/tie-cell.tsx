// What a fact was tied to: session, call, how sure; the call's words once they are known. Without a tie it says so, and nothing more.
import { Unlink } from 'lucide-react'
import Link from 'next/link'
import type { SignalView } from '../../server/protocol/signal-view.ts'
import type { Tie } from '../session/attribution-words.ts'
import { TieBadge } from '../session/tie-mark.tsx'
import { sessionPath } from '../sessions/session-path.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { AgentMark } from '../ui/trust-badge.tsx'
import { certaintyWords, changedWords, untiedWords } from './row-words.ts'

type Props = {
  tie: SignalView['tie']
  /** It left the list of untied ones, and is still on screen. */
  leaving: boolean
  /** The conclusion, where it was asked for. */
  known: Tie | undefined
}

export function TieCell({ tie, leaving, known }: Props) {
  if (!tie)
    return (
      <span className="flex items-center gap-1.5 text-pretty text-muted max-md:min-h-9">
        <Unlink aria-hidden className="size-3 shrink-0 text-faint" />
        {leaving ? changedWords : untiedWords}
      </span>
    )
  return (
    <>
      <span className="flex min-w-0 items-baseline gap-1.5">
        <Link
          href={sessionPath(tie.session)}
          prefetch={false}
          title={`Open session ${tie.session}`}
          className="min-w-0 truncate rounded-xs font-mono text-sm underline-offset-2 outline-offset-[-1px] hover:underline max-md:py-2"
        >
          <HostileText text={tie.session} max={130} />
        </Link>
        {tie.call !== undefined && (
          <span className="min-w-0 max-w-[60%] truncate text-muted">
            · call <HostileText text={tie.call} max={80} className="font-mono text-sm" />
          </span>
        )}
        {tie.call === undefined && <span className="min-w-0 truncate text-muted">· call not known</span>}
      </span>
      {/* As high as a second line of text: the row has room for two. */}
      <span className="flex min-w-0 items-center gap-1.5 xl:[&>span]:leading-[13px]">
        <TieBadge level={tie.level} words={certaintyWords(tie)} replaced={false} />
        {known?.actionText !== undefined && (
          <>
            <AgentMark />
            <HostileText text={known.actionText} max={160} className="min-w-0 truncate font-mono text-xs text-muted" />
          </>
        )}
      </span>
    </>
  )
}
