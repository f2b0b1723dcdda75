'use client'
// "Contain all…": which sessions, what it does, what lifting does not bring back, and the one button that is held down.
// It closes when the server has taken the order; what came of it is told by the banner, from the server's own counts.
import { CirclePause, TriangleAlert, X } from 'lucide-react'
import { Dialog } from 'radix-ui'
import { useMemo, useState } from 'react'
import type { Selector } from '../../server/protocol/selector.ts'
import { useFleet, useLive } from '../live/live-context.tsx'
import { Button } from '../ui/button.tsx'
import { classNames } from '../ui/class-names.ts'
import { HoldToAct } from '../ui/hold-to-act.tsx'
import { HostileText } from '../ui/hostile-text.tsx'
import { scopeOf, suggestionsFor } from './candidates.ts'
import { ScopeField } from './scope-field.tsx'
import { ScopePreview } from './scope-preview.tsx'
import { type ScopeField as Field, fieldName, scopeFields, selectorOf, targetWords } from './selector-words.ts'
import { useCandidates } from './use-candidates.ts'
import { useWhyNotControl } from './use-role.ts'

export function ContainDialog({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-canvas/75" />
        <Dialog.Content
          onOpenAutoFocus={(event) => {
            const first = event.currentTarget instanceof Element && event.currentTarget.querySelector('input')
            if (!first) return
            event.preventDefault()
            first.focus()
          }}
          onEscapeKeyDown={(event) => {
            // The first Escape closes an open list of values, not the dialog.
            if (document.activeElement?.getAttribute('aria-expanded') === 'true') event.preventDefault()
          }}
          className="fixed top-1/2 left-1/2 z-50 flex max-h-[calc(100dvh-24px)] w-[min(680px,calc(100vw-24px))] -translate-x-1/2 -translate-y-1/2 flex-col rounded-lg border border-line-strong bg-panel max-md:inset-0 max-md:h-dvh max-md:max-h-none max-md:w-full max-md:translate-none max-md:rounded-none max-md:border-0"
        >
          <div className="flex shrink-0 items-center gap-2 border-b px-5 py-3 max-md:px-4">
            <CirclePause aria-hidden className="size-4 shrink-0 text-critical" />
            <Dialog.Title className="text-lg font-semibold">Contain all…</Dialog.Title>
            <Dialog.Close
              aria-label="Close"
              className="ml-auto flex size-8 items-center justify-center rounded-md text-muted hover:bg-raised hover:text-ink max-md:size-11"
            >
              <X aria-hidden className="size-4" />
            </Dialog.Close>
          </div>
          {open && <ContainForm close={() => onOpenChange(false)} />}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

const times = [
  { name: '15 min', seconds: 900, words: 'for 15 minutes' },
  { name: '1 h', seconds: 3_600, words: 'for one hour' },
  { name: 'Until lifted', seconds: undefined, words: 'until it is lifted' },
] as const

function ContainForm({ close }: { close: () => void }) {
  const { connection } = useLive()
  const fleet = useFleet()
  const why = useWhyNotControl()
  const { rows, known } = useCandidates()
  const [fields, setFields] = useState<Partial<Record<Field, string>>>({})
  const [reason, setReason] = useState('')
  const [time, setTime] = useState<(typeof times)[number]>(times[2])
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<{ title: string; detail: string }>()
  const selector = useMemo(() => selectorOf(fields) as Selector, [fields])
  const scope = useMemo(() => scopeOf(selector, rows), [selector, rows])
  const suggestions = useMemo(() => new Map(scopeFields.map((field) => [field, suggestionsFor(field, rows)])), [rows])
  // While releasing takes two, nothing may let go by itself: the server keeps no time then.
  const endless = fleet?.policies['two-person-release'] ?? false
  const until = endless ? times[2] : time
  const count = known === 'yes' ? scope?.holdable.length : undefined
  const target = targetWords(selector, count)

  const contain = async () => {
    if (!connection) return
    setBusy(true)
    setProblem(undefined)
    const answer = await connection.contain({
      selector,
      ...(reason.trim() !== '' && { reason: reason.trim() }),
      ...(until.seconds !== undefined && { ttlSeconds: until.seconds }),
    })
    setBusy(false)
    if ('problem' in answer) setProblem(answer.problem)
    else close()
  }

  return (
    <>
      <div className="flex min-h-0 flex-1 flex-col gap-4 overflow-y-auto px-5 py-4 max-md:px-4">
        <Dialog.Description className="text-pretty text-muted">
          Fill in what they have in common. An empty field means any; all empty means every session on every host.
        </Dialog.Description>
        <div className="grid grid-cols-3 gap-3 max-md:grid-cols-2">
          {scopeFields.map((field) => (
            <ScopeField
              key={field}
              name={fieldName[field]}
              value={fields[field] ?? ''}
              suggestions={suggestions.get(field) ?? []}
              onChange={(value) => setFields((last) => ({ ...last, [field]: value }))}
            />
          ))}
        </div>
        <ScopePreview scope={scope} known={known} until={until.words} />
        <div className="flex flex-col gap-2 text-pretty">
          <p className="text-muted">
            <strong className="font-medium text-ink">In each of them:</strong> hold tool calls where the agent asks the
            gate, take evidence, drop traffic, cut open connections, freeze, then watch that it stays quiet. A step is
            told only when it was observed.
          </p>
          <p className="flex items-start gap-1.5 text-warn">
            <TriangleAlert aria-hidden className="mt-0.5 size-3.5 shrink-0" />
            <span>
              Lifting does not undo everything: connections that are cut do not come back, and siblings of a held
              episode or their trainer may time out meanwhile.
            </span>
          </p>
        </div>
        <div className="flex flex-wrap items-end gap-x-4 gap-y-3">
          <label className="min-w-52 flex-1">
            <span className="mb-1 block text-sm text-muted">Reason, for the log and the next shift</span>
            <input
              value={reason}
              maxLength={500}
              onChange={(event) => setReason(event.target.value)}
              placeholder="What did you see?"
              autoComplete="off"
              className="h-9 w-full rounded-md border border-line-strong bg-canvas px-3 outline-offset-0 max-md:h-11 max-md:text-[16px]"
            />
          </label>
          <Times chosen={until} endless={endless} onChoose={setTime} />
        </div>
        {endless && (
          <p className="-mt-2 text-sm text-muted">
            Releasing takes two people here, so nothing lets go by itself: it stands until it is lifted.
          </p>
        )}
        {problem && (
          <p role="alert" className="rounded-md border border-critical/50 bg-critical/10 px-3 py-2 text-critical">
            <HostileText text={problem.title} max={200} className="font-medium" />{' '}
            <HostileText text={problem.detail} max={400} />
          </p>
        )}
      </div>
      <div className="flex shrink-0 items-center gap-2 border-t px-5 py-3 max-md:flex-col-reverse max-md:items-stretch max-md:px-4">
        {why && <p className="min-w-0 flex-1 text-sm text-muted">{why}</p>}
        <Button size="form" look="quiet" className="ml-auto max-md:ml-0 max-md:h-11" onClick={close}>
          Cancel
        </Button>
        <HoldToAct
          size="form"
          icon={<CirclePause aria-hidden />}
          busy={busy}
          why={why}
          // Not by the count: sessions come and go, also at an agent's will, and must not be able to shake the hold off.
          about={JSON.stringify([selector, until.seconds ?? null])}
          onHeld={() => void contain()}
          className="min-w-0 shrink max-md:h-12"
        >
          {busy ? 'Asking…' : <HostileText text={`Hold to contain ${target}`} max={120} />}
        </HoldToAct>
      </div>
    </>
  )
}

type Time = (typeof times)[number]

function Times({ chosen, endless, onChoose }: { chosen: Time; endless: boolean; onChoose: (time: Time) => void }) {
  return (
    <fieldset className="min-w-0">
      <legend className="mb-1 text-sm text-muted">For how long</legend>
      <div className="flex rounded-md border border-line-strong p-0.5">
        {times.map((time) => (
          <label
            key={time.name}
            className={classNames(
              'relative flex h-7.5 cursor-pointer items-center rounded-sm px-2.5 text-sm has-focus-visible:outline-2 has-focus-visible:outline-info max-md:h-10',
              time === chosen ? 'bg-raised font-medium text-ink' : 'text-muted hover:text-ink',
              endless && time !== chosen && 'cursor-not-allowed text-faint hover:text-faint',
            )}
          >
            <input
              type="radio"
              name="for-how-long"
              className="sr-only"
              checked={time === chosen}
              disabled={endless && time !== chosen}
              onChange={() => onChoose(time)}
            />
            {time.name}
          </label>
        ))}
      </div>
    </fieldset>
  )
}
