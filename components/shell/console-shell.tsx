'use client'
// The frame around every page: rail, socket, keys, palette, help, messages.
import { usePathname, useRouter } from 'next/navigation'
import { NuqsAdapter } from 'nuqs/adapters/next/app'
import { type ReactNode, useEffect, useMemo, useState } from 'react'
import { Toaster } from 'sonner'
import type { ShownBundle } from '../../server/protocol/shown-bundle.ts'
import { AlarmProvider } from '../alarm/alarm-context.tsx'
import { ContainDialog } from '../containment/contain-dialog.tsx'
import { LiveProvider, useHold } from '../live/live-context.tsx'
import { NotKept } from '../replay/not-kept.tsx'
import { ReplayBar } from '../replay/replay-bar.tsx'
import { ReplayProvider, useIsReplay } from '../replay/replay-context.tsx'
import { isKept } from '../replay/replay-words.ts'
import { BundleBanner } from './bundle-banner.tsx'
import { CommandPalette } from './command-palette.tsx'
import { KeyboardHelp } from './keyboard-help.tsx'
import { goToSignIn, type Operator, OperatorContext, untilOperatorKnown } from './operator.tsx'
import { Rail } from './rail.tsx'
import { isIn, rooms } from './rooms.ts'
import { ShellContext } from './shell-context.ts'
import { ShownContext } from './shown-context.ts'
import { useTimeZone } from './times.ts'
import { TopBar } from './top-bar.tsx'
import { useShortcuts } from './use-shortcuts.ts'

export function ConsoleShell({ children }: { children: ReactNode }) {
  const [me, setMe] = useState<{ operator: Operator; shows?: ShownBundle | undefined }>()
  useEffect(() => {
    const abort = new AbortController()
    untilOperatorKnown(abort.signal).then(
      (found) => (found === 'nobody' ? goToSignIn() : setMe(found)),
      () => undefined, // the page is left
    )
    return () => abort.abort()
  }, [])
  return (
    <NuqsAdapter>
      <OperatorContext value={me?.operator}>
        <ShownContext value={me?.shows}>
          <LiveProvider onDenied={goToSignIn}>
            <AlarmProvider>
              <ReplayProvider>
                <Frame shows={me?.shows}>{children}</Frame>
              </ReplayProvider>
            </AlarmProvider>
            <Toaster
              position="top-center"
              offset={56}
              toastOptions={{ classNames: { toast: 'font-sans', description: 'text-muted!', icon: 'text-critical!' } }}
              style={toasterColours}
            />
          </LiveProvider>
        </ShownContext>
      </OperatorContext>
    </NuqsAdapter>
  )
}

const toasterColours = {
  '--normal-bg': 'var(--raised)',
  '--normal-border': 'var(--line-strong)',
  '--normal-text': 'var(--ink)',
} as React.CSSProperties

function Frame({ shows, children }: { shows: ShownBundle | undefined; children: ReactNode }) {
  const router = useRouter()
  const path = usePathname()
  const { toggle } = useHold()
  const isReplay = useIsReplay()
  const zone = useTimeZone()
  const [palette, setPalette] = useState(false)
  const [help, setHelp] = useState(false)
  const [contain, setContain] = useState(false)
  const shell = useMemo(
    () => ({
      openPalette: () => setPalette(true),
      openHelp: () => setHelp(true),
      openContain: () => setContain(true),
    }),
    [],
  )
  const goTo = (room: string) => () => path !== room && router.push(room)
  useShortcuts({
    palette: () => setPalette((open) => !open),
    '?': () => setHelp(true),
    ...(!isReplay && { ' ': toggle }),
    ...Object.fromEntries(rooms.map((room) => [`g ${room.key}`, goTo(room.href)])),
  })
  return (
    <ShellContext value={shell}>
      <div className="flex h-dvh overflow-hidden max-md:flex-col-reverse print:block print:h-auto print:overflow-visible">
        <Rail path={path} />
        {/* Drawn anew on the way into the past and out of it: nothing of the one is left in the other. */}
        <div key={`${zone} ${isReplay}`} className="flex min-h-0 min-w-0 flex-1 flex-col print:block">
          {shows && <BundleBanner shows={shows} />}
          {isReplay && !isKept(path) ? <NotKeptRoom path={path} /> : children}
          {isReplay && <ReplayBar path={path} />}
        </div>
      </div>
      <CommandPalette open={palette} onOpenChange={setPalette} />
      <ContainDialog open={contain} onOpenChange={setContain} />
      <KeyboardHelp open={help} onOpenChange={setHelp} />
    </ShellContext>
  )
}

function NotKeptRoom({ path }: { path: string }) {
  const name = rooms.find((room) => isIn(room, path))?.name ?? 'This room'
  return (
    <>
      <TopBar title={name} />
      <main className="flex min-h-0 flex-1 flex-col">
        <NotKept name={name} />
      </main>
    </>
  )
}
