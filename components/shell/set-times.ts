// Chooses the zone of all times, and says so where the page cannot follow at once.
import { toast } from 'sonner'
import type { TimeZone } from '../ui/format-time.ts'
import { chooseTimes, timesName } from './times.ts'

export function setTimes(zone: TimeZone): void {
  if (chooseTimes(zone)) return
  toast.info(`${timesName[zone]} from the next page that you load`, {
    description: 'This page holds text that is not saved: its times stay as they are.',
  })
}
