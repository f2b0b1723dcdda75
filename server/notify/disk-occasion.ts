// What is said to people while the disk of the data folder gets full: before anything is lost, and again when readings are being dropped.
import type { DiskView } from '../protocol/retention.ts'
import type { Occasion } from './occasion.ts'

const gb = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`

/** It goes to those who are told of hosts: it is about the machine that Vigil runs on. */
export function diskOccasion({ level, sinceMs, freeBytes, databaseIsElsewhere, nothingLeft }: DiskView): Occasion {
  const then = databaseIsElsewhere
    ? 'the disk of its database is not seen from here'
    : nothingLeft
      ? 'no reading is left that may be dropped, and events will find no room'
      : level === 'very-low'
        ? 'the oldest readings that no incident holds are being dropped'
        : 'make room before readings have to be dropped'
  return {
    key: 'disk:data',
    about: 'host',
    state: level === 'ok' ? 'resolved' : 'open',
    severity: level === 'very-low' ? 'critical' : 'high',
    sinceMs,
    mark: `${level}${nothingLeft ? ' nothing left' : ''}`,
    title: `The disk of Vigil's data folder is ${level === 'very-low' ? 'nearly full' : 'getting full'} (${gb(freeBytes)} free): ${then}`,
    said: [],
    path: '/settings',
    because: level === 'ok' ? 'there is room again' : undefined,
  }
}
