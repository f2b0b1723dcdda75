'use client'
// The text with everything that is known of it. It can be tried out by everybody and saved by an admin.
import { useRouter } from 'next/navigation'
import { parseAsInteger, parseAsString, useQueryStates } from 'nuqs'
import { useCallback, useEffect, useId, useMemo, useRef, useState } from 'react'
import { toast } from 'sonner'
import { RuleDocumentName, type RuleDocumentView } from '../../server/protocol/rule-view.ts'
import { useWhyNotAdmin } from '../containment/use-role.ts'
import { whyNotResponder } from '../rules/verdict-words.ts'
import { useOperator } from '../shell/operator.tsx'
import { plural } from '../ui/format-quantity.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { BacktestPanel } from './backtest-panel.tsx'
import { CheckPanel } from './check-panel.tsx'
import { marksOf, purposeOf } from './check-words.ts'
import { CodeField } from './code-field.tsx'
import { placeCursor } from './place-cursor.ts'
import { SaveBar } from './save-bar.tsx'
import { suggestedName } from './text-place.ts'
import { useBacktest } from './use-backtest.ts'
import { useCheck } from './use-check.ts'
import { useDocument } from './use-document.ts'
import { useEditorKeys } from './use-editor-keys.ts'
import { useLeaveGuard } from './use-leave-guard.ts'
import { VersionList } from './version-list.tsx'

type Props = { document: RuleDocumentView; isNew: boolean; again: () => Promise<void> }

export function TextEditor({ document, isNew, again }: Props) {
  const router = useRouter()
  const why = useWhyNotAdmin()
  const checkId = useId()
  const field = useRef<HTMLTextAreaElement>(null)
  const note = useRef<HTMLInputElement>(null)
  const [url, setUrl] = useQueryStates(
    { name: parseAsString, line: parseAsInteger, column: parseAsInteger, backtest: parseAsString },
    { history: 'replace', scroll: false },
  )
  const edit = useDocument(document, isNew ? '' : document.name, again)
  const { text } = edit
  const [typedName, setTypedName] = useState<string>()
  const name = isNew ? (typedName ?? suggestedName(text)) : document.name
  const isNamed = RuleDocumentName.safeParse(name).success
  const purpose = purposeOf(name)
  const check = useCheck(isNamed ? name : suggestedName(text), text)
  const marks = useMemo(() => (check.found && !check.asking ? marksOf(check.found.problems) : []), [check])
  const onStarted = useCallback((id: string) => void setUrl({ backtest: id }), [setUrl])
  const backtest = useBacktest({ id: url.backtest, onStarted })
  const [chosen, setChosen] = useState<number>()
  const hours = chosen ?? backtest.test?.hours ?? 24
  useLeaveGuard(edit.isChanged)

  const go = (line: number, column: number) => field.current && placeCursor(field.current, line, column)
  // Once, when a link named the place.
  const linked = useRef({ line: url.line, column: url.column })
  useEffect(() => {
    const { line, column } = linked.current
    if (line !== null && field.current) placeCursor(field.current, line, column ?? 1)
  }, [])

  const save = async () => {
    if (why !== undefined || edit.busy || (!edit.isChanged && !isNew)) return
    const saved = await edit.save(name, note.current?.value ?? '')
    if (!saved) return
    if (note.current) note.current.value = ''
    toast.success(`Saved as version ${saved.version}`, {
      description: purpose ? 'It holds from now on.' : `${plural(saved.rules.length, 'rule')} in force.`,
    })
    if (isNew) void setUrl({ name: saved.name, line: null, column: null })
  }
  const remove = async () => {
    const gone = await edit.remove(document.name)
    if (!gone) return
    toast.success(document.origin === 'console' ? 'Deleted' : 'The console’s text is taken away')
    if (document.name.startsWith('console/')) router.push('/rules')
  }
  const whyNoTest =
    whyNotResponder(useOperator()?.role, 'A backtest') ??
    (isNamed ? undefined : 'Give the text a name first: console/my-rule.yml')
  const run = () => {
    if (whyNoTest === undefined && !backtest.starting && backtest.test?.state !== 'running')
      void backtest.run({ name, text, hours }, text)
  }
  useEditorKeys({ onSave: () => void save(), onBacktest: run })
  return (
    <div className="flex min-h-0 flex-1 max-lg:flex-col max-lg:overflow-y-auto">
      <div className="flex min-h-0 min-w-0 flex-1 flex-col max-lg:flex-none">
        <div className="flex min-h-10 flex-wrap items-center gap-x-3 gap-y-1 border-b px-4 py-1.5 max-md:px-3">
          {isNew ? (
            <label className="flex min-w-0 flex-1 items-center gap-2">
              <span className="shrink-0 font-medium">New rule</span>
              <span className="sr-only">Name of the text</span>
              <input
                value={name}
                aria-invalid={!isNamed || undefined}
                onChange={(event) => setTypedName(event.target.value)}
                spellCheck={false}
                autoComplete="off"
                className="h-7 w-full max-w-md rounded-md border border-line-strong bg-canvas px-2.5 font-mono text-sm outline-offset-0 max-md:h-11 max-md:text-[16px]"
              />
            </label>
          ) : (
            <>
              <h2 className="min-w-0 break-all font-mono font-medium">
                <HostileText text={document.name} max={200} />
              </h2>
              <span className="text-sm text-muted">
                {purpose
                  ? purpose.about
                  : document.version === 0 || document.versions[0]?.isRemoval
                    ? 'the file’s own text'
                    : `version ${document.version}`}
              </span>
            </>
          )}
          {isNew && !isNamed && (
            <span className="text-sm text-warn">a name is console/my-rule.yml: letters, digits, dots and dashes</span>
          )}
        </div>
        <CodeField
          label={`Text of ${name}`}
          text={text}
          onChange={edit.setText}
          marks={marks}
          describedBy={checkId}
          field={field}
          className="flex-1 max-lg:h-[58vh] max-lg:flex-none"
        />
        <SaveBar document={document} edit={edit} isNew={isNew} why={why} note={note} onSave={() => void save()} />
      </div>
      <aside
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        tabIndex={0}
        aria-label="What is known of the text"
        className="w-[440px] shrink-0 overflow-y-auto border-l outline-offset-[-2px] max-xl:w-[380px] max-lg:w-full max-lg:overflow-visible max-lg:border-t max-lg:border-l-0"
      >
        <CheckPanel id={checkId} check={check} purpose={purpose} onGo={go} />
        <BacktestPanel
          backtest={backtest}
          text={text}
          hours={hours}
          onHours={setChosen}
          why={whyNoTest}
          onRun={run}
          id={url.backtest}
          hint={purpose?.backtest}
        />
        {!isNew && (
          <VersionList document={document} opened={null} why={why} busy={edit.busy} onRemove={() => void remove()} />
        )}
      </aside>
    </div>
  )
}
