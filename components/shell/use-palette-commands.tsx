'use client'
// What the palette does that is about no single session, each with its whole name. Pages come from the list of rooms.
import { CirclePause, Clock, Keyboard, LogOut, Monitor, Moon, Pause, Play, Plug, Sun } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { type ReactNode, useContext } from 'react'
import { useHold } from '../live/live-context.tsx'
import { timeZones } from '../ui/format-time.ts'
import { signOut } from './operator.tsx'
import { rooms } from './rooms.ts'
import { setTimes } from './set-times.ts'
import { ShellContext } from './shell-context.ts'
import { applyTheme } from './theme.ts'
import { timesName, useTimeZone } from './times.ts'

export type PaletteCommand = { name: string; icon: ReactNode; run: () => unknown }

export function usePaletteCommands(): readonly PaletteCommand[] {
  const router = useRouter()
  const { openHelp, openContain } = useContext(ShellContext)
  const { held, toggle } = useHold()
  const zone = useTimeZone()
  return [
    { name: 'Contain all…', icon: <CirclePause aria-hidden className="text-critical!" />, run: openContain },
    held
      ? { name: 'Let the view go on', icon: <Play aria-hidden />, run: toggle }
      : { name: 'Hold the view', icon: <Pause aria-hidden />, run: toggle },
    ...rooms.map(({ href, name, icon: Icon }) => ({
      name: `Go to ${name}`,
      icon: <Icon aria-hidden />,
      run: () => router.push(href),
    })),
    { name: 'Add a source or an agent', icon: <Plug aria-hidden />, run: () => router.push('/sources?add=yes') },
    { name: 'Switch to dark theme', icon: <Moon aria-hidden />, run: () => applyTheme('dark') },
    { name: 'Switch to light theme', icon: <Sun aria-hidden />, run: () => applyTheme('light') },
    { name: 'Switch to the system’s theme', icon: <Monitor aria-hidden />, run: () => applyTheme('system') },
    ...timeZones
      .filter((each) => each !== zone)
      .map((each) => ({ name: timesName[each], icon: <Clock aria-hidden />, run: () => setTimes(each) })),
    { name: 'Keyboard help', icon: <Keyboard aria-hidden />, run: openHelp },
    { name: 'Sign out', icon: <LogOut aria-hidden />, run: signOut },
  ]
}
