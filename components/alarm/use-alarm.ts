'use client'
// The alarm of this browser: armed by a click, remembered here, rung in one tab only, once for each thing.
import { useRouter } from 'next/navigation'
import { useCallback, useEffect, useRef, useState } from 'react'
import { z } from 'zod'
import type { OccasionView } from '../../server/protocol/notification-view.ts'
import { visibleText } from '../ui/visible-text.ts'
import { allowSound, maySound, sound } from './alarm-sound.ts'
import { claimAfterMs, newsOf, rungAfter } from './ring.ts'
import type { Occasions } from './use-occasions.ts'

const armedKey = 'vigil-alarm'
const rungKey = 'vigil-alarm-rung'
const Rung = z.array(z.string())

/** What this browser lets us do. `none`: it has no notifications here, for example because the page came over plain HTTP. */
export type Allowed = 'granted' | 'denied' | 'default' | 'none'

export type Alarm = {
  isArmed: boolean
  notifications: Allowed
  /** Of this tab: a browser wants a click in it first. */
  sounds: boolean
  /** Must be called in a click. */
  arm(): Promise<void>
  disarm(): void
  /** Must be called in a click. False where nothing could be heard or shown. */
  test(): Promise<{ sounded: boolean; shown: boolean }>
}

export function useAlarm(occasions: Occasions | undefined): Alarm {
  const router = useRouter()
  const [isArmed, setArmed] = useState(false)
  const [notifications, setNotifications] = useState<Allowed>('default')
  const [sounds, setSounds] = useState(false)
  const known = useRef<Occasions>(undefined)
  known.current = occasions

  const look = useCallback(() => {
    setArmed(read(armedKey) === 'on')
    setNotifications(allowedNow())
    setSounds(maySound())
  }, [])
  useEffect(() => {
    look()
    // Any click in the page lets an armed alarm sound in this tab.
    const wake = () => {
      if (read(armedKey) === 'on' && !maySound()) void allowSound().then(setSounds)
    }
    addEventListener('storage', look)
    addEventListener('pointerdown', wake)
    addEventListener('keydown', wake)
    return () => {
      removeEventListener('storage', look)
      removeEventListener('pointerdown', wake)
      removeEventListener('keydown', wake)
    }
  }, [look])

  useEffect(() => {
    if (!isArmed || !occasions) return
    const isWhole = occasions.open === occasions.occasions.length
    const pending = newsOf(occasions.occasions, readRung())
    if (pending.length === 0) {
      if (isWhole) write(rungKey, JSON.stringify(rungAfter(occasions.occasions, readRung(), true)))
      return
    }
    const isLookedAt = document.visibilityState === 'visible' && document.hasFocus()
    const timer = setTimeout(
      () => {
        void alone(() => {
          // Another tab may have rung meanwhile.
          const news = newsOf(occasions.occasions, readRung())
          write(rungKey, JSON.stringify(rungAfter(occasions.occasions, readRung(), isWhole)))
          if (news.length > 0) ring(news, (path) => router.push(path))
        })
      },
      claimAfterMs({ isLookedAt, maySound: maySound() }),
    )
    return () => clearTimeout(timer)
  }, [isArmed, occasions, router])

  const arm = useCallback(async () => {
    // What is open while a person looks is no news.
    if (known.current) write(rungKey, JSON.stringify(rungAfter(known.current.occasions, [], true)))
    const sounding = allowSound()
    if (allowedNow() === 'default') await Notification.requestPermission()
    await sounding
    write(armedKey, 'on')
    look()
  }, [look])
  const disarm = useCallback(() => {
    write(armedKey, 'off')
    look()
  }, [look])
  const test = useCallback(async () => {
    await allowSound()
    const sounded = sound()
    const shown = show('Vigil: a test of the alarm', 'Nothing has happened.', 'vigil-test', () => undefined)
    look()
    return { sounded, shown }
  }, [look])
  return { isArmed, notifications, sounds, arm, disarm, test }
}

function ring(news: readonly OccasionView[], goTo: (path: string) => void): void {
  sound()
  // Who looks at the page sees it there.
  if (document.visibilityState === 'visible' && document.hasFocus()) return
  for (const { key, title, session, said, path } of news.slice(0, 3)) {
    const quoted = said[0] === undefined ? '' : `\n“${visibleText(said[0], { max: 120 })}”`
    show(`Vigil: ${visibleText(title, { max: 120 })}`, `${session ?? ''}${quoted}`, key, () => goTo(path))
  }
  if (news.length > 3) show(`Vigil: ${news.length - 3} more`, '', 'vigil-more', () => goTo('/live'))
}

/** False where the browser did not let us. */
function show(title: string, body: string, tag: string, onOpen: () => void): boolean {
  if (allowedNow() !== 'granted') return false
  try {
    const shown = new Notification(title, { body, tag, icon: '/icon.svg' })
    shown.onclick = () => {
      window.focus()
      onOpen()
      shown.close()
    }
    return true
  } catch {
    // Chrome on Android has the name but wants a service worker.
    return false
  }
}

function allowedNow(): Allowed {
  return typeof Notification === 'undefined' || !isSecureContext ? 'none' : Notification.permission
}

/** One tab at a time; where the browser has no locks there is nothing to share either. */
async function alone(work: () => void): Promise<void> {
  if (!('locks' in navigator)) return work()
  await navigator.locks.request('vigil-alarm', () => work())
}

function readRung(): string[] {
  try {
    return Rung.safeParse(JSON.parse(read(rungKey) ?? '[]')).data ?? []
  } catch {
    return []
  }
}

/** A browser may refuse its storage; then the alarm lasts as long as the page. */
const memory = new Map<string, string>()
function read(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? memory.get(key)
  } catch {
    return memory.get(key)
  }
}
function write(key: string, value: string): void {
  memory.set(key, value)
  try {
    localStorage.setItem(key, value)
  } catch {}
}
