'use client'
// Says how old the screen is, on every page, and offers the one thing to do when it is not live.
import { RotateCw } from 'lucide-react'
import { useContext, useSyncExternalStore } from 'react'
import { ShownContext } from '../shell/shown-context.ts'
import { classNames } from '../ui/class-names.ts'
import { LinkDetail } from './link-detail.tsx'
import { useLive, useView } from './live-context.tsx'
import { newestFactText, noLink, type Staleness, stalenessOf } from './staleness.ts'
import { useBrowserNow, useNow } from './use-now.ts'

const dotClass = { ok: 'bg-ok', warn: 'bg-warn', critical: 'bg-critical', quiet: 'bg-faint' } as const
const textClass = { ok: 'text-ok', warn: 'text-warn', critical: 'text-critical', quiet: 'text-muted' } as const

export function useStaleness(): Staleness {
  const { store } = useLive()
  useSyncExternalStore(
    store.subscribeLink,
    () => store.link().status,
    () => noLink.status,
  )
  const now = useBrowserNow(1_000)
  return stalenessOf(store.link(), Math.max(now, store.link().heardMs ?? 0))
}

export function StalenessPill() {
  const { connection } = useLive()
  const { tone, word, rest } = useStaleness()
  // What a bundle shows is not live, however fresh the line to its server is; the banner says of when it is.
  if (useContext(ShownContext) && tone !== 'critical') return undefined
  return (
    <div className="flex min-w-0 items-center gap-2">
      <span
        role="status"
        aria-live={tone === 'ok' || tone === 'quiet' ? 'off' : 'polite'}
        className={classNames(
          'flex min-w-0 text-sm',
          tone === 'critical' && 'rounded-md border border-critical/50 bg-critical/10 px-2 py-0.5 font-medium',
          tone === 'warn' && 'rounded-md border border-warn/40 bg-warn/10 px-2 py-0.5',
        )}
      >
        <LinkDetail>
          <span aria-hidden className={classNames('size-1.5 shrink-0 rounded-full', dotClass[tone])} />
          <span className={textClass[tone]}>{word}</span>
          {rest && (
            <span className={classNames('truncate', tone === 'ok' ? 'text-muted max-sm:hidden' : textClass[tone])}>
              {tone === 'warn' ? rest : `· ${rest}`}
            </span>
          )}
        </LinkDetail>
      </span>
      {/* Outside of what is announced: its age is new every second. */}
      {tone === 'ok' && <NewestFact />}
      {tone === 'critical' && (
        <button
          type="button"
          onClick={() => (word === 'Reload this page' ? window.location.reload() : connection?.retry())}
          className="inline-flex h-7 items-center gap-1 rounded-md border border-line-strong px-2 text-sm hover:bg-raised"
        >
          <RotateCw aria-hidden className="size-3" /> {word === 'Reload this page' ? 'Reload' : 'Retry'}
        </button>
      )}
    </div>
  )
}

function NewestFact() {
  const { store } = useLive()
  const now = useNow(1_000)
  const skipped = useView((view) => view.skipped)
  const words = now < 1e12 ? '' : newestFactText(store.link(), now, skipped)
  if (words === '') return null
  return (
    <span className={classNames('truncate text-sm max-2xl:hidden', skipped > 0 ? 'text-warn' : 'text-muted')}>
      · {words}
    </span>
  )
}
