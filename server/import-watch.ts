// Imports that `vigil import` runs elsewhere, told by their batches: taken into the list of long work, ended by their own word, by a person's, or
// by silence. An ended one is not taken on: whoever cancelled it must not see it grow.
import type { Followed, FollowedAbout } from './jobs.ts'
import type { Actor } from './protocol/actor.ts'
import type { ImportTold, JobState } from './protocol/job.ts'

/** Well above what one batch may take at a busy server. */
const silentAfterMs = 120_000
const lookEveryMs = 5_000
/** At once; one more is imported all the same, and not listed. */
const importsMax = 20
const silentText =
  'Nothing was heard of it for 2 minutes: it was stopped where it ran, or does not reach this server. Start it again: what is in the log already is not doubled.'

type JobList = {
  follow(id: string, about: FollowedAbout, now: () => Followed, cancel: () => void): Promise<void>
  tell(id: string, now: Followed): void
  stateOf(id: string): JobState | undefined
}

/** Who sends it; `source`: the id of the source that it feeds. */
export type ImportAbout = { by: Actor; source: string }

export type ImportWatch = {
  /** Before a batch is taken: `cancelled` where a person ended it, and nothing more of it may be taken. */
  began(about: ImportAbout, told: ImportTold): Promise<'take' | 'cancelled'>
  /** After what it brought is durable. */
  took(about: ImportAbout, told: ImportTold): void
  close(): void
}

export function watchImports(jobs: JobList, nowMs: () => number): ImportWatch {
  /** By job: when it was last heard, and what it said then. */
  const heard = new Map<string, { atMs: number; told: ImportTold }>()
  const timer = setInterval(() => {
    for (const [id, { atMs, told }] of heard) {
      if (nowMs() - atMs < silentAfterMs) continue
      heard.delete(id)
      jobs.tell(id, { ...progressOf(told), state: 'failed', problem: silentText })
    }
  }, lookEveryMs)
  // Of the key as well: one key must not be able to end what another one imports.
  const idOf = ({ by }: ImportAbout, { id }: ImportTold) => `import-${by.id}-${id}`

  return {
    async began(about, told) {
      const id = idOf(about, told)
      const state = jobs.stateOf(id)
      if (state === 'cancelled') return 'cancelled'
      if (told.state !== 'running') return 'take'
      const isListed = heard.has(id)
      if (!isListed && heard.size >= importsMax) return 'take'
      heard.set(id, { atMs: nowMs(), told })
      // Also one that was thought lost, by silence or by a restart of this server: it goes on.
      if (!isListed || state !== 'running') {
        const job: FollowedAbout = {
          kind: 'import',
          title: `Import of ${told.file} as ${about.source}`,
          by: about.by,
          unit: 'bytes',
          href: '/sources',
        }
        const cancel = () => {
          const last = heard.get(id)?.told ?? told
          heard.delete(id)
          jobs.tell(id, { ...progressOf(last), state: 'cancelled' })
        }
        await jobs.follow(id, job, () => ({ ...progressOf(told), state: 'running' }), cancel)
      }
      return 'take'
    },
    took(about, told) {
      const id = idOf(about, told)
      if (!heard.has(id)) return
      if (told.state === 'running') heard.set(id, { atMs: nowMs(), told })
      else heard.delete(id)
      jobs.tell(id, {
        ...progressOf(told),
        state: told.state,
        ...(told.problem !== undefined && { problem: told.problem }),
      })
    },
    close: () => clearInterval(timer),
  }
}

const progressOf = ({ readBytes, sizeBytes }: ImportTold) => ({
  done: readBytes,
  ...(sizeBytes !== undefined && { of: Math.max(readBytes, sizeBytes) }),
})
