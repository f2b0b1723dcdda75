// given many open pages of one incident, when all ask at once, then the log is read for them once.
import { expect, it } from 'vitest'
import { newIncident } from '../model/incident-state.ts'
import { emptyState } from '../model/state.ts'
import { SessionId } from '../protocol/ids.ts'
import { incidentIdOf } from '../protocol/incident.ts'
import { createApiApp } from './api-app.ts'
import type { KeyRecord } from './identity.ts'
import { incidentTimelineRoutes } from './incident-timeline-routes.ts'

const nowMs = 1_790_000_000_000
const key: KeyRecord = { id: 'k', name: 'k', hash: '', hint: '', scopes: ['read'], createdAtMs: 0 }

function pages(incidents: number) {
  const state = emptyState()
  for (let n = 1; n <= incidents; n += 1) {
    const incident = newIncident(incidentIdOf(n), nowMs, n)
    state.incidents.set(incident.incident, { ...incident, sessions: [SessionId.parse(`ep-${n}`)] })
  }
  const read: string[] = []
  const routes = incidentTimelineRoutes({
    pipeline: { state },
    samples: { history: { gpus: new Map() } },
    clock: { nowMs: () => nowMs },
    reader: {
      sessionEvents: async ({ session }: { session: string }) => {
        read.push(session)
        return { events: [], more: false }
      },
    },
    firstSeqSince: async () => 1,
    tieOf: () => undefined,
    offTaskOf: () => undefined,
    incidentLastSeenAt: async () => undefined,
    around: async () => ({ items: [], gpus: [], gpusLeftOut: 0 }),
    consoleUrl: () => 'https://vigil.example',
  } as unknown as Parameters<typeof incidentTimelineRoutes>[0])
  const app = createApiApp({
    identify: async () => ({ type: 'key', key }),
    onError: () => undefined,
    routes: [routes],
  })
  return { read, status: async (path: string) => (await app.request(`/api/incidents/${path}`)).status }
}

it('five requests at once, of whatever kind, are one reading of the incident', async () => {
  const { read, status } = pages(1)
  const kinds = ['postmortem', 'postmortem', 'postmortem.md', 'timeline', 'timeline.csv']
  expect(await Promise.all(kinds.map((each) => status(`INC-1/${each}`)))).toEqual([200, 200, 200, 200, 200])
  // rare facts and common ones
  expect(read).toEqual(['ep-1', 'ep-1'])
})

it('two incidents are two readings, and one that is not known is none', async () => {
  const { read, status } = pages(2)
  const paths = ['INC-1/timeline', 'INC-2/timeline', 'INC-3/timeline']
  expect(await Promise.all(paths.map(status))).toEqual([200, 200, 404])
  expect(read.sort()).toEqual(['ep-1', 'ep-1', 'ep-2', 'ep-2'])
})
