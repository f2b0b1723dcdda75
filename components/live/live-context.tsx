'use client'
// Gives the page its one store and one connection, and the hooks to read them finely.
import { Hourglass } from 'lucide-react'
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useState,
  useSyncExternalStore,
} from 'react'
import { toast } from 'sonner'
import type { SamplePoint, SessionRow, Watch } from '../../server/protocol/browser-messages.ts'
import type { FleetView } from '../../server/protocol/control-views.ts'
import { Connection, type ConsoleConnection } from './connection.ts'
import { emptyView, type ViewState } from './view-state.ts'
import { type Asked, ViewStore } from './view-store.ts'

export type Live = { store: ViewStore; connection: ConsoleConnection | undefined }
/** Where the past is shown another one stands in its place. */
export const LiveContext = createContext<Live | undefined>(undefined)

export function LiveProvider({ children, onDenied }: { children: ReactNode; onDenied: () => void }) {
  const [store] = useState(() => new ViewStore())
  const [connection, setConnection] = useState<Connection>()
  useEffect(() => {
    const opened = new Connection(store, {
      onDenied,
      onProblem: (title, detail) => toast.error(title, { description: detail, duration: 12_000 }),
      onWaiting: (title, detail) =>
        toast(title, {
          description: detail,
          duration: 8_000,
          // Away from the strip under the heading, which tells the same for as long as it waits.
          position: 'bottom-right',
          icon: <Hourglass aria-hidden className="size-4 text-warn" />,
        }),
    })
    opened.open()
    setConnection(opened)
    return () => opened.close()
  }, [store, onDenied])
  const live = useMemo(() => ({ store, connection }), [store, connection])
  return <LiveContext.Provider value={live}>{children}</LiveContext.Provider>
}

export function useLive(): Live {
  const live = useContext(LiveContext)
  if (!live) throw new Error('useLive needs a LiveProvider above it')
  return live
}

/** Makes the server send this view; answers whether what is on screen is already it. */
export function useWatch(watch: Watch): boolean {
  const { connection } = useLive()
  const key = watch.view === 'session' ? watch.session : ''
  // biome-ignore lint/correctness/useExhaustiveDependencies: `watch` is a fresh object each time; view and key name it
  useEffect(() => connection?.watch(watch), [connection, watch.view, key])
  return useView(
    (view) => view.asked?.view === watch.view && (view.asked.view === 'live' || view.asked.session === key),
  )
}

/** `select` must return the same identity for the same state. */
export function useView<T>(select: (view: ViewState) => T): T {
  const { store } = useLive()
  return useSyncExternalStore(
    store.subscribe,
    () => select(store.shown()),
    () => select(emptyView),
  )
}

/** The newest, also while the view is held: what stands over all agents is never a frozen picture. */
export function useFleet(): FleetView | undefined {
  const { store } = useLive()
  return useSyncExternalStore(
    store.subscribe,
    () => store.newest().fleet,
    () => undefined,
  )
}

/** Of the newest too: nobody decides about a frozen picture. */
export function useToldApprovals(): ViewState['approvals'] {
  const { store } = useLive()
  return useSyncExternalStore(
    store.subscribe,
    () => store.newest().approvals,
    () => emptyView.approvals,
  )
}

const noPoints: readonly SamplePoint[] = []

function useOfRow<T>(session: string, read: (store: ViewStore) => T, onServer: T): T {
  const { store } = useLive()
  const subscribe = useCallback((changed: () => void) => store.subscribeRow(session, changed), [store, session])
  return useSyncExternalStore(
    subscribe,
    () => read(store),
    () => onServer,
  )
}

export function useRow(session: string): SessionRow | undefined {
  return useOfRow(session, (store) => store.shown().rows.get(session), undefined)
}

export function useSamples(session: string): readonly SamplePoint[] {
  return useOfRow(session, (store) => store.shown().samples.get(session) ?? noPoints, noPoints)
}

export function useAsked(session: string): Asked | undefined {
  return useOfRow(session, (store) => store.asked(session), undefined)
}

export function useHold(): { held: boolean; waiting: number; toggle: () => void } {
  const { store } = useLive()
  const held = useSyncExternalStore(store.subscribe, store.held, () => false)
  const waiting = useSyncExternalStore(store.subscribe, store.waiting, () => 0)
  const toggle = useCallback(() => store.hold(!store.held()), [store])
  return { held, waiting, toggle }
}
