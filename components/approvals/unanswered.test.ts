// What is said of a decision whose answer never came, and what a question to a server that hangs comes to.
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ApprovalView } from '../../server/protocol/approval.ts'
import { ann, onCall, t0 } from '../live/given.ts'
import { type ApiProblem, apiCall } from '../settings/api-call.ts'
import { failedElsewhere, pauseNotAsked, refusedTitle, unansweredWords } from './unanswered.ts'

function approval(change: Record<string, unknown> = {}): ApprovalView {
  return ApprovalView.parse({
    ...{ approval: 'apr-1', session: 'ep-1', call: 'c-1', tool: 'Bash', input: '{}', digest: 'a'.repeat(64) },
    ...{ severity: 'high', people: 1, policy: 'p', heldFor: [], askedAtMs: t0, expiresAtMs: t0 + 60_000 },
    ...{ askedBy: { type: 'key', id: 'k-1', name: 'harness' }, endorsedBy: [], used: 0 },
    ...change,
  })
}
const lost: ApiProblem = { title: 'No answer from the server', detail: 'Look again.', noAnswer: true }
const refused: ApiProblem = { title: 'Too late', detail: 'its time was over: it is denied', status: 409 }

describe('a decision whose answer never came', () => {
  it('is told as neither taken nor lost until the server was asked again', () => {
    const read = approval()
    expect(unansweredWords({ read }, read, ann.id)).toMatchObject({
      title: 'No answer from the server',
      detail: expect.stringContaining('may or may not have been taken'),
    })
  })

  it('is told as not taken when the same approval was read again and still waits', () => {
    expect(unansweredWords({ read: approval() }, approval(), ann.id)).toMatchObject({
      title: 'Not decided',
      detail: expect.stringContaining('counts once'),
    })
  })

  it('is told by the card itself once the server has it, decided by whomever, or as the first of two people', () => {
    const read = approval({ people: 2 })
    const decided = { decision: 'denied', by: onCall, atMs: t0 }
    expect(unansweredWords({ read }, approval({ decided }), ann.id)).toBeUndefined()
    expect(unansweredWords({ read }, approval({ people: 2, endorsedBy: [ann] }), ann.id)).toBeUndefined()
    // Another person's yes says nothing about mine.
    expect(unansweredWords({ read }, approval({ people: 2, endorsedBy: [onCall] }), ann.id)?.title).toBe('Not decided')
  })

  it('is told elsewhere too, by its session, and never as "not decided" where nobody said so', () => {
    expect(failedElsewhere(lost, 'ep-1').title).toBe('Your decision had no answer')
    expect(failedElsewhere(refused, 'ep-1')).toEqual({
      title: 'Not decided: Too late',
      detail: 'ep-1: its time was over: it is denied',
    })
    expect(refusedTitle({ title: 'This page is older than the server', detail: '' })).not.toContain('Not decided')
  })

  it('leaves the pause that goes with it unasked, and says so', () => {
    expect(pauseNotAsked(lost)).toContain('not asked, because the denial had no answer')
    expect(pauseNotAsked(refused)).toContain('not asked, because the denial was refused')
  })
})

describe('a question to a server', () => {
  let server: Server
  const listen = async (answer: RequestListener): Promise<string> => {
    server = createServer(answer)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  }
  afterEach(() => {
    server.closeAllConnections()
    server.close()
  })

  it('that hangs is given up after the time that the deed was given', async () => {
    const url = await listen(() => undefined)
    const { problem } = await apiCall('POST', url, z.object({}), {}, 50)
    expect(problem).toMatchObject({ noAnswer: true, detail: expect.stringContaining('may or may not have arrived') })
  })

  it('that dies in the middle of its answer has not answered', async () => {
    const url = await listen((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' })
      response.write('{"a":', () => response.destroy())
    })
    expect((await apiCall('POST', url, z.object({}), {})).problem).toMatchObject({ noAnswer: true })
  })

  it('that cannot be reached behind a proxy may have done it all the same; one that refuses has not', async () => {
    let status = 504
    const url = await listen((_request, response) => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ title: 'Not decided', detail: 'it still waits' }))
    })
    expect((await apiCall('POST', url, z.object({}), {})).problem).toMatchObject({ noAnswer: true, status: 504 })
    status = 503
    const { problem } = await apiCall('POST', url, z.object({}), {})
    expect(problem).toMatchObject({ title: 'Not decided', status: 503 })
    expect(problem?.noAnswer).toBeUndefined()
  })
})
