// given long work of the server, when it is told, then its state is the server's, its end is no guess, and an error says what to do.
import { describe, expect, it } from 'vitest'
import type { JobView } from '../../server/protocol/job.ts'
import { headlineOf, jobWords, overallShare, progressText, resultText } from './job-words.ts'

const startMs = Date.UTC(2026, 10, 21, 14, 30)
const job = (change: Partial<JobView> = {}): JobView => ({
  id: 'job-1',
  kind: 'bundle',
  title: 'Evidence bundle of INC-1',
  by: 'eve',
  startedAtMs: startMs,
  state: 'running',
  done: 1_200,
  of: 45_000,
  unit: 'events',
  mayCancel: true,
  ...change,
})

describe('long work in words', () => {
  it('tells how far it is, and of how many only where that is known', () => {
    expect(progressText(job())).toBe('1,200 of about 45,000 events')
    expect(progressText(job({ of: undefined, phase: 'hashing and signing' }))).toBe(
      'hashing and signing · 1,200 events',
    )
    expect(progressText(job({ of: undefined, done: 0 }))).toBe('beginning')
  })

  it('tells what came of it, and what to do where nothing did', () => {
    const endedAtMs = startMs + 4_000
    const nowMs = startMs + 64_000
    expect(jobWords(job(), nowMs).detail).toBe('1,200 of about 45,000 events · by eve, for 64 s')
    expect(jobWords(job({ state: 'done', endedAtMs }), nowMs)).toEqual({
      tone: 'ok',
      state: 'done',
      detail: 'in 4.0 s, 60 s ago · by eve',
    })
    expect(jobWords(job({ state: 'cancelled', endedAtMs, done: 0, of: undefined }), nowMs).detail).toBe(
      'at its beginning, 60 s ago · by eve',
    )
    const problem = 'The server stopped before it ended: start it again.'
    expect(jobWords(job({ state: 'lost', problem }), nowMs)).toEqual({ tone: 'warn', state: 'lost', detail: problem })
    expect(resultText(job({ result: { href: '/x', bytes: 1_200_000 } }))).toBe('Download, 1.2 MB')
  })

  it('says in the top bar what runs and how far, with no share where one does not know its end', () => {
    expect(headlineOf([job({ done: 50, of: 100 }), job({ state: 'lost' })])).toBe('1 running, 50%, 1 failed or lost')
    expect(overallShare([job(), job({ of: undefined })])).toBeUndefined()
    expect(headlineOf([job({ state: 'done' })])).toBe('1 done')
  })
})
