'use client'
// UTC or the reader's own zone: one choice, a cookie as the theme is, so that the first byte already has it.
import { useSyncExternalStore } from 'react'
import { shownZone, showTimesIn, type TimeZone } from '../ui/format-time.ts'
import { timesCookie } from './theme.ts'

const listeners = new Set<() => void>()

/** Remembers the choice. False: this page holds text that is not saved, so it goes on in the old zone until it is loaded again. */
export function chooseTimes(zone: TimeZone): boolean {
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing in Firefox ESR and Safari
  document.cookie = `${timesCookie}=${zone}; path=/; max-age=31536000; samesite=lax`
  if (zone === shownZone()) return true
  // Whoever guards unsaved text against leaving says no here too: drawing the page anew would lose it.
  if (!window.dispatchEvent(new Event('beforeunload', { cancelable: true }))) return false
  document.documentElement.dataset.times = zone
  showTimesIn(zone)
  for (const each of [...listeners]) each()
  return true
}

/** Changes with the choice; the page is keyed by it, so that no time stays in the old zone. */
export function useTimeZone(): TimeZone {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    shownZone,
    () => 'utc' as const,
  )
}

export const timesName: Readonly<Record<TimeZone, string>> = { utc: 'Times in UTC', local: 'Times in your own zone' }
