// The sentence of a conclusion: `Alert ET POLICY … tied to shell call nohup python3 …`. How sure it is stands beside it as a mark.
import type { EventKind } from '../../server/protocol/event.ts'
import { alertWord, certaintyText, firstSubject, isOfAlert, markOf, othersText, tieOf } from './attribution-words.ts'
import type { Kind, Tab } from './event-kind.ts'
import { code, type Data, muted, oneLine, plain, type SentencePart, sentenceCase, some, strong } from './event-words.ts'

/** The beginning of a command says which call it is; the rest is in the call's own line. */
const commandShown = 120
const aboutShown = 160

export const attributionKinds = {
  'attribution.made': {
    icon: 'tie',
    tab: tabOfTie,
    say: (d) => {
      const tie = tieOf(d)
      const about = cut(oneLine(tie.about) || 'a fact', aboutShown)
      const command = cut(oneLine(tie.actionText ?? ''), commandShown)
      return some(
        isOfAlert(tie) ? plain(alertWord(tie)) : undefined,
        strong(isOfAlert(tie) ? about : sentenceCase(about)),
        muted(othersText(tie)),
        ...(tie.level === undefined
          ? [muted('no longer tied: the evidence does not decide')]
          : tie.call === undefined
            ? [plain('tied to this session'), muted('which of its calls is not known')]
            : [plain('tied to'), tie.tool ? code(tie.tool) : undefined, plain('call'), code(command || tie.call)]),
        tie.corrects === undefined ? undefined : muted('corrects an earlier tie'),
      )
    },
    mark: markOf,
    tone(d) {
      const tie = tieOf(d)
      if (!isOfAlert(tie) || tie.level === undefined) return 'normal'
      return tie.severity === 'critical' || tie.severity === 'high' ? 'critical' : 'warn'
    },
  },
} as const satisfies Partial<Record<EventKind, Kind>>

/** `by shell call nohup … · confirmed`: what stands under a process or connection that the host saw. */
export function causeText(data: Data): SentencePart[] {
  const tie = tieOf(data)
  if (tie.call === undefined) return [muted('of no known call')]
  const command = cut(oneLine(tie.actionText ?? '') || tie.call, commandShown)
  return some(muted(`by ${tie.tool ?? 'tool'} call`), code(command), plain(certaintyText(tie)))
}

/** Where the fact itself would stand. */
function tabOfTie(data: Data): Tab {
  return /^(process|gpu|file|login)\./.test(firstSubject(tieOf(data))?.kind ?? '') &&
    firstSubject(tieOf(data))?.kind !== 'file.transferred'
    ? 'processes'
    : 'network'
}

function cut(words: string, max: number): string {
  if (words.length <= max) return words
  const last = words.charCodeAt(max - 1)
  return `${words.slice(0, last >= 0xd800 && last <= 0xdbff ? max - 1 : max)}…`
}
