'use client'
// The room of egress: what sensors outside the sandbox saw, what each fact was tied to, and what could not be tied.
import { Tabs } from 'radix-ui'
import { useCallback, useRef, useState } from 'react'
import { useHold, useWatch } from '../live/live-context.tsx'
import { useIsReplay } from '../replay/replay-context.tsx'
import { useShortcuts } from '../shell/use-shortcuts.ts'
import { dateTimeText } from '../ui/format-time.ts'
import { EgressBar } from './egress-bar.tsx'
import { openMax, type Ties, tabs, useEgressUrl } from './egress-url.ts'
import { GroupTabs } from './group-tabs.tsx'
import { LinkedSignal } from './linked-signal.tsx'
import { LoadingRows } from './loading-rows.tsx'
import { NoSignals } from './no-signals.tsx'
import { NeverHeard, NotHeard } from './not-heard.tsx'
import { shownText, tabNames, waitingText } from './row-words.ts'
import { SignalList } from './signal-list.tsx'
import { useSettled } from './use-settled.ts'
import { useSignalRows } from './use-signal-rows.ts'

const typingMs = 200

export function EgressView() {
  // The banner and the pill live on the same socket as everything else.
  useWatch({ view: 'live' })
  const { held } = useHold()
  const isReplay = useIsReplay()
  const [{ tab, q, ties, open: linkedOpen }, setUrl] = useEgressUrl()
  const open = linkedOpen.slice(0, openMax)
  const [inUse, setInUse] = useState(false)
  const input = useRef<HTMLInputElement>(null)
  const scroller = useRef<HTMLDivElement>(null)
  const ask = { tab, q: useSettled(q, typingMs), ties }
  const hand = held ? 'held' : inUse || open.length > 0 ? 'on' : 'away'
  const { rows, asking, counts, sinceMs, problem, again, insert, learn, loadOlder, older } = useSignalRows(ask, hand)
  const toggle = useCallback(
    (id: string) =>
      void setUrl((now) => {
        const next = now.open.includes(id)
          ? now.open.filter((each) => each !== id)
          : [id, ...now.open].slice(0, openMax)
        return { open: next.length === 0 ? null : next }
      }),
    [setUrl],
  )
  const close = (ids: readonly string[] = open) =>
    void setUrl((now) => {
      const rest = now.open.filter((id) => !ids.includes(id))
      return { open: rest.length === 0 ? null : rest }
    })
  /** Other facts: what was open among those before is not asked for any more. */
  const askFor = (change: { tab?: string; q?: string; ties?: Ties }) => {
    const { tab: name, ...rest } = change
    const next = tabs.find((each) => each === name)
    void setUrl({ ...rest, ...(next && { tab: next }), open: null })
    scroller.current?.scrollTo({ top: 0 })
  }
  useShortcuts({ '/': () => input.current?.focus() })
  const isEmpty = rows !== undefined && rows.signals.length === 0 && rows.waiting === 0
  const linked = rows && !asking ? open.filter((id) => !rows.signals.some((signal) => signal.id === id)) : []
  const above = linked.map((id) => <LinkedSignal key={id} id={id} onClose={() => toggle(id)} />)
  return (
    <Tabs.Root
      value={tab}
      onValueChange={(name) => askFor({ tab: name })}
      data-stale={problem !== undefined}
      className="relative flex min-h-0 flex-1 flex-col"
    >
      {isReplay && (
        <p className="shrink-0 border-b px-4 py-1.5 text-sm text-muted max-md:px-3">
          Facts and their ties as known at this moment, at most 1,000 of each kind
          {sinceMs === undefined ? '' : `, of those seen since ${dateTimeText(sinceMs)}; the log has older ones`}.
        </p>
      )}
      <GroupTabs counts={counts} />
      <EgressBar
        q={q}
        ties={ties}
        waiting={rows ? waitingText(rows) : ''}
        shown={rows && !isEmpty ? shownText(rows.signals.length, ask, counts?.[tab]) : ''}
        onChange={askFor}
        onInsert={() => {
          insert()
          scroller.current?.scrollTo({ top: 0 })
        }}
        input={input}
      />
      <Tabs.Content value={tab} tabIndex={-1} className="flex min-h-0 flex-1 flex-col outline-none">
        {rows && !isEmpty && (
          <SignalList
            rows={rows}
            name={tabNames[tab]}
            open={open}
            narrowed={q.trim() !== '' || ties !== 'all'}
            asking={asking}
            above={above}
            older={older}
            onToggle={toggle}
            onTie={learn}
            onOlder={() => void loadOlder()}
            onClose={close}
            onUse={setInUse}
            scroller={scroller}
          />
        )}
        {isEmpty && (
          <div className="min-h-0 flex-1 overflow-y-auto">
            {above}
            <NoSignals
              ask={ask}
              count={counts?.[tab] ?? { kept: 0, untied: 0 }}
              onClear={() => askFor({ q: '', ties: 'all' })}
            />
          </div>
        )}
        {!rows && (problem ? <NeverHeard problem={problem} again={again} /> : <LoadingRows />)}
      </Tabs.Content>
      {rows && problem && <NotHeard problem={problem} again={again} />}
    </Tabs.Root>
  )
}
