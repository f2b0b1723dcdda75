'use client'
// One alarm a page: asks what waits, marks the tab, rings, and lets the bell see how it stands.
import { createContext, type ReactNode, useContext } from 'react'
import { TabMark } from './tab-mark.tsx'
import { type Alarm, useAlarm } from './use-alarm.ts'
import { useOccasions } from './use-occasions.ts'

const AlarmContext = createContext<Alarm | undefined>(undefined)

export function AlarmProvider({ children }: { children: ReactNode }) {
  const { value, isKnown } = useOccasions()
  const alarm = useAlarm(isKnown ? value : undefined)
  return (
    <AlarmContext value={alarm}>
      <TabMark count={isKnown ? (value?.open ?? 0) : undefined} />
      {children}
    </AlarmContext>
  )
}

export function useAlarmContext(): Alarm | undefined {
  return useContext(AlarmContext)
}
