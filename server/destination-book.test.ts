// What the list of destinations says of connections, and what a scan must not do to it.
import { describe, expect, it } from 'vitest'
import { createDestinationBook } from './destination-book.ts'
import { createCoverage, inOrder, listingOf } from './destination-views.ts'
import { DetectionContexts } from './detection/context/context-schema.ts'
import type { EventInput, StoredEvent } from './protocol/event.ts'
import type { EventId, HostId, SessionId } from './protocol/ids.ts'

const startMs = 1_790_000_000_000
let seq = 0

function stored(event: Pick<EventInput, 'kind' | 'data'>, session: string | undefined, atMs: number): StoredEvent {
  seq += 1
  const id = `e-${seq}` as EventId
  const whose = { ...(session !== undefined && { session: session as SessionId }), host: 'node-1' as HostId }
  return { v: 1, id, seq, atMs, seenAtMs: atMs, trust: 'kernel', ...whose, ...event } as StoredEvent
}

const opens = (session: string, connection: string, address: string, port: number, atMs = startMs) =>
  stored(
    {
      kind: 'connection.opened',
      data: {
        connection,
        protocol: 'tcp',
        local: { address: '10.0.0.5', port: 40_000 },
        remote: { address, port },
        direction: 'out',
        state: 'ESTAB',
        comm: 'curl',
      },
    },
    session,
    atMs,
  )
const closes = (session: string, connection: string, bytesOut: number, bytesIn: number, atMs = startMs) =>
  stored({ kind: 'connection.closed', data: { connection, bytesOut, bytesIn } }, session, atMs)

const small = { rowsMax: 10, portsPerAddress: 3, openMax: 100 }
const about = (session: string) => ({ taskSet: session === 'ep-1' ? 'ctf' : undefined })

describe('the book of destinations', () => {
  it('adds up connections and bytes of a destination for each session that used it', () => {
    const book = createDestinationBook(about)
    for (const event of [
      opens('ep-1', 'a', '203.0.113.40', 22),
      opens('ep-2', 'b', '203.0.113.40', 22, startMs + 1_000),
      closes('ep-1', 'a', 700, 90),
      closes('ep-2', 'b', 5, 5, startMs + 2_000),
    ])
      book.take(event)
    const row = book.get('tcp~203.0.113.40~22')
    expect(row).toMatchObject({ connections: 2, bytesOut: 705, bytesIn: 95, firstSeenAtMs: startMs })
    expect(row?.uses.map(({ session, bytesOut }) => [session, bytesOut])).toEqual([
      ['ep-1', 700],
      ['ep-2', 5],
    ])
    expect(row?.slots).toEqual([[startMs - (startMs % 600_000), 2]])
  })

  it('takes no agent’s word for it, neither that it connected nor how much it sent', () => {
    const book = createDestinationBook(about)
    const said = (event: StoredEvent): StoredEvent => ({ ...event, trust: 'agent' })
    book.take(said(opens('ep-1', 'a', '203.0.113.40', 22)))
    expect(book.size()).toBe(0)
    book.take(opens('ep-1', 'b', '203.0.113.40', 22))
    book.take(said(closes('ep-1', 'b', 999_999, 0)))
    expect(book.get('tcp~203.0.113.40~22')).toMatchObject({ connections: 1, bytesOut: 0 })
  })

  it('leaves out what comes in and what stays on the host', () => {
    const book = createDestinationBook(about)
    const inward = opens('ep-1', 'a', '203.0.113.40', 22)
    if (inward.kind === 'connection.opened') inward.data.direction = 'in'
    book.take(inward)
    book.take(opens('ep-1', 'b', '127.0.0.1', 5432))
    expect(book.size()).toBe(0)
  })

  it('counts many ports of one address together, so that a scan of ports is one row', () => {
    const book = createDestinationBook(about, small)
    for (let port = 1; port <= 50; port += 1) book.take(opens('ep-1', `c${port}`, '10.9.0.1', port))
    expect(book.size()).toBe(4)
    expect(book.get('tcp~10.9.0.1~many')?.connections).toBe(47)
  })

  it('keeps what is used often when a scan of addresses fills it, and says how many it forgot', () => {
    const book = createDestinationBook(about, small)
    for (let time = 0; time < 5; time += 1) book.take(opens('ep-1', `k${time}`, '198.51.100.7', 443))
    for (let host = 1; host <= 100; host += 1)
      book.take(opens('ep-2', `s${host}`, `10.1.0.${host}`, 22, startMs + host))
    expect(book.size()).toBeLessThanOrEqual(small.rowsMax)
    expect(book.get('tcp~198.51.100.7~443')?.connections).toBe(5)
    expect(book.forgotten()).toBeGreaterThan(80)
  })

  it('gives the close of a connection that was counted before a restart to its row', () => {
    const before = createDestinationBook(about)
    before.take(opens('ep-1', 'a', '203.0.113.40', 22))
    const { rows } = before.takeChanges()
    const after = createDestinationBook(about)
    for (const row of rows) after.put(JSON.parse(JSON.stringify(row)))
    after.follow('ep-1', 'a', 'tcp', { address: '203.0.113.40', port: 22 })
    after.take(closes('ep-1', 'a', 42, 1))
    expect(after.get('tcp~203.0.113.40~22')).toMatchObject({ connections: 1, bytesOut: 42 })
  })

  it('keeps what could not be written for the next time', () => {
    const book = createDestinationBook(about)
    book.take(opens('ep-1', 'a', '203.0.113.40', 22))
    const lost = book.takeChanges()
    book.giveBack(lost)
    expect(book.takeChanges().rows.map(({ key }) => key)).toEqual(['tcp~203.0.113.40~22'])
  })
})

describe('what an allowlist says of a destination', () => {
  const ofTaskSet = DetectionContexts.parse({ taskSets: { ctf: { destinations: [{ to: '203.0.113.0/24' }] } } })

  it('is expected where every session that used it is of a task set that lists it, and in part where one is not', () => {
    const coverage = createCoverage()
    const book = createDestinationBook(about)
    book.take(opens('ep-1', 'a', '203.0.113.40', 22))
    const row = book.get('tcp~203.0.113.40~22')
    if (!row) throw new Error('it was not counted')
    expect(listingOf(row, coverage(row, ofTaskSet))).toBe('listed')
    book.take(opens('ep-2', 'b', '203.0.113.40', 22))
    expect(listingOf(row, coverage(row, ofTaskSet))).toBe('partly')
    expect(listingOf(row, coverage(row, DetectionContexts.parse({})))).toBe('unlisted')
  })

  it('is never expected by a name alone, because the client may have said any', () => {
    const coverage = createCoverage()
    const book = createDestinationBook(about)
    book.take(opens('ep-1', 'a', '203.0.113.40', 443))
    const row = book.get('tcp~203.0.113.40~443')
    if (!row) throw new Error('it was not counted')
    row.names.push('files.pypi.org')
    const byName = DetectionContexts.parse({ all: { destinations: [{ to: '.pypi.org' }] } })
    expect(listingOf(row, coverage(row, byName))).toBe('partly')
  })

  it('puts new ones that no list expects first', () => {
    const coverage = createCoverage()
    const book = createDestinationBook(about)
    const dayMs = 86_400_000
    book.take(opens('ep-1', 'old', '198.51.100.7', 443, startMs))
    book.take(opens('ep-1', 'listed', '203.0.113.9', 443, startMs + 2 * dayMs + 5))
    book.take(opens('ep-1', 'new', '198.51.100.9', 443, startMs + 2 * dayMs))
    const now = startMs + 2 * dayMs + 10
    const rows = [...book.rows()].sort(inOrder((row) => listingOf(row, coverage(row, ofTaskSet)), now))
    expect(rows.map(({ address }) => address)).toEqual(['198.51.100.9', '203.0.113.9', '198.51.100.7'])
  })
})
