// Exactly what would run: tool, command or input, and where. All of it is the agent's text, shown so that nothing in it can hide.
import type { ApprovalView } from '../../server/protocol/approval.ts'
import type { ApprovalReading, ReadCommand } from '../../server/protocol/approval-reading.ts'
import { classNames } from '../ui/class-names.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { shortDigest } from './approval-words.ts'
import { userText, wordText } from './could-words.ts'
import { exactAction, isCut, markedParts } from './exact-action.ts'
import { Fenced } from './fenced.tsx'

const shownMax = 20_000

/** Of the commands, word by word: what a glance takes. */
const commandsMax = 8

type Props = { approval: ApprovalView; title: string; reading: ApprovalReading | undefined; brief?: boolean }

export function ActionFence({ approval, title, reading, brief = false }: Props) {
  const { tool, input, cwd, digest, heldFor } = approval
  const action = exactAction(input)
  const commands = reading?.commands ?? []
  const values = heldFor.flatMap((each) => each.matched.map((one) => one.value))
  const digestWords = (
    <span title={`SHA-256 of the canonical action: ${digest}`}>
      sha256 {shortDigest(digest)}
      <span className="sr-only"> ({digest})</span>
    </span>
  )
  return (
    <Fenced title={title} aside={digestWords}>
      <dl
        className={classNames(
          'grid grid-cols-[auto_minmax(0,1fr)] font-mono max-md:gap-x-3 max-md:px-3',
          brief ? 'gap-x-3 gap-y-1 px-3 py-2 text-sm' : 'gap-x-4 gap-y-1.5 px-4 py-3',
        )}
      >
        <Line name="tool">
          <HostileText text={tool} max={200} className="break-all" />
        </Line>
        <Line name={action.form === 'command' ? 'command' : 'input'}>
          <Block text={action.text} values={values} />
        </Line>
        {action.form === 'command' && action.beside !== undefined && (
          <Line name="with">
            <Block text={action.beside} values={[]} muted />
          </Line>
        )}
        {!brief && commands.length > 0 && (
          <Line name="argv">
            <ol aria-label="Each command, word by word" className="grid gap-1">
              {commands.slice(0, commandsMax).map((each, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: commands have no identity beyond their place
                <Argv key={index} command={each} />
              ))}
            </ol>
            {(reading?.moreCommands ?? 0) + commands.length > commandsMax && (
              <span className="text-warn">
                … {(reading?.moreCommands ?? 0) + commands.length - commandsMax} more commands in it
              </span>
            )}
          </Line>
        )}
        {cwd !== undefined && (
          <Line name="cwd">
            <HostileText text={cwd} max={4_096} className="break-all" />
          </Line>
        )}
        {commands.length > 0 && (
          <Line name="as">
            <HostileText text={userText(commands)} max={400} className="break-words" />
          </Line>
        )}
      </dl>
      {isCut(input) && (
        <p className="border-t px-4 py-2 text-warn">
          Only a part of it is kept here, and what is left out may be what matters. The digest is of the whole.
        </p>
      )}
    </Fenced>
  )
}

function Argv({ command: { argv, moreWords } }: { command: ReadCommand }) {
  return (
    <li className="flex min-w-0 flex-wrap gap-x-1.5 gap-y-1">
      {argv.map((word, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: words have no identity beyond their place
        <span key={index} className="min-w-0 break-all border-b border-line-strong">
          <HostileText text={wordText(word)} max={2_000} />
        </span>
      ))}
      {moreWords > 0 && <span className="text-warn">… {moreWords} more words</span>}
    </li>
  )
}

function Line({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </>
  )
}

function Block({ text, values, muted = false }: { text: string; values: readonly string[]; muted?: boolean }) {
  const shown = markedParts(text.slice(0, shownMax), values)
  return (
    <div className={muted ? 'max-h-48 overflow-y-auto text-muted' : 'max-h-[45vh] overflow-y-auto'}>
      {shown.map(({ text: part, matched }, index) =>
        matched ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: parts have no identity beyond their place
          <mark key={index} title="matched by a rule" className="rounded-xs bg-warn/15 text-warn">
            <HostileText text={part} max={shownMax} multiline />
          </mark>
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: as above
          <HostileText key={index} text={part} max={shownMax} multiline />
        ),
      )}
      {text.length > shownMax && <span className="text-warn">… {text.length - shownMax} more characters</span>}
    </div>
  )
}
