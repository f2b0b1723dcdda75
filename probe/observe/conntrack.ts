// Says under which addresses a session's connection goes on where the host translates them (NAT): what a firewall further out sees.
// It reads the kernel's connection tracking only when a connection is new, and tells each connection once.
import fs from 'node:fs'
import type { Fact, Record } from '../record.ts'
import { runCommand } from '../run-command.ts'
import type { Session } from '../session.ts'
import type { Rest } from '../turns.ts'
import { type Ends, parseTracked, TrackedIndex } from './parse-conntrack.ts'
import { foreignNamespaces } from './processes.ts'

type Opened = Extract<Fact, { kind: 'connection.opened' }>
type Waiting = { session: Session; opened: Opened['data']; looks: number }

/** `ends`: as far as its translation has been followed. */
type Looked = { key: string; waiting: Waiting; ends: Ends; isTranslated: boolean }

/** Looks at a connection that no table of this host shows: it may not have sent its first packet yet. */
const looksMax = 3
const waitingMax = 10_000
const tableMaxBytes = 64 * 1024 * 1024
const namespacesMax = 64
const hostFile = '/proc/self/net/nf_conntrack'

export class Translations {
  /** Why the last reading of the host's own table failed; undefined when it did not. */
  problem: string | undefined
  private readonly waiting = new Map<string, Waiting>()

  constructor(
    private readonly parts: {
      sessions: ReadonlyMap<string, Session>
      record: Record
      hostNetns: number
    },
  ) {}

  /** Everything that was recorded; a new connection is looked up at the next look. */
  noticed(fact: Fact): void {
    if (fact.kind !== 'connection.opened' || fact.session === undefined || fact.data.remote.port === 0) return
    const session = this.parts.sessions.get(fact.session)
    if (!session || this.waiting.size >= waitingMax) return
    this.waiting.set(`${session.id} ${fact.data.connection}`, { session, opened: fact.data, looks: 0 })
  }

  isWaiting(session: Session): boolean {
    for (const waiting of this.waiting.values()) if (waiting.session === session) return true
    return false
  }

  /** To say beforehand whether the host's own table can be read. */
  async tryOut(): Promise<void> {
    try {
      fs.closeSync(fs.openSync(hostFile, 'r'))
    } catch (error) {
      const tool = await runCommand('conntrack', ['--version'], 3_000)
      if (!tool.ok) this.problem = `${unreadable(hostFile, error)}; ${tool.reason}`
    }
  }

  async look(rest: Rest): Promise<void> {
    for (const [key, { session }] of this.waiting) if (session.ended) this.waiting.delete(key)
    if (this.waiting.size === 0) return
    // Those that come in meanwhile may be newer than what is read.
    const now: Looked[] = [...this.waiting].map(([key, waiting]) => ({
      key,
      waiting,
      ends: { local: waiting.opened.local, remote: waiting.opened.remote },
      isTranslated: false,
    }))
    // From a session's own namespace outwards: what is translated there is what the host gets to see.
    await this.lookInside(now, rest)
    const host = await this.readTable(undefined, now, rest)
    for (const looked of now) {
      await rest()
      const { key, waiting } = looked
      const isTracked = host !== undefined && follow(looked, host)
      waiting.looks += 1
      if (host && !isTracked && !looked.isTranslated && waiting.looks < looksMax) continue
      this.waiting.delete(key)
      if (looked.isTranslated && !waiting.session.ended) this.tell(waiting.session, waiting.opened, looked.ends)
    }
  }

  private tell(session: Session, { connection, protocol, local, remote }: Opened['data'], translated: Ends): void {
    this.parts.record({
      kind: 'connection.translated',
      session: session.id,
      data: { connection, protocol, local, remote, translated },
    })
  }

  private async lookInside(all: readonly Looked[], rest: Rest): Promise<void> {
    const byNamespace = new Map<number, { pid: number; its: Looked[] }>()
    for (const looked of all) {
      await rest()
      for (const [netns, pid] of foreignNamespaces(looked.waiting.session, this.parts.hostNetns)) {
        const here = byNamespace.get(netns) ?? { pid, its: [] }
        byNamespace.set(netns, here)
        here.its.push(looked)
      }
    }
    for (const { pid, its } of [...byNamespace.values()].slice(0, namespacesMax)) {
      const table = await this.readTable(pid, its, rest)
      if (table) for (const looked of its) follow(looked, table)
    }
  }

  /**
   * What a table says of these. `pid`: a process in that namespace; the host's own without. undefined when it cannot be read.
   */
  private async readTable(
    pid: number | undefined,
    looked: readonly Looked[],
    rest: Rest,
  ): Promise<TrackedIndex | undefined> {
    const index = new TrackedIndex()
    // A busy host tracks hundreds of thousands: only lines that can be meant are parsed.
    const ports = new Set(looked.map(({ ends }) => `sport=${ends.local.port} dport=${ends.remote.port}`))
    const take = (line: string): void => {
      if (!(line.match(/sport=\d+ dport=\d+/g) ?? []).some((each) => ports.has(each))) return
      const tracked = parseTracked(line)
      if (tracked) index.add(tracked)
    }
    const file = pid === undefined ? hostFile : `/proc/${pid}/net/nf_conntrack`
    const problem = await readLines(file, take, rest)
    if (problem === undefined) {
      if (pid === undefined) this.problem = undefined
      return index
    }
    const list = ['conntrack', '-L', '-o', 'extended']
    const [tool = '', ...args] = pid === undefined ? list : ['nsenter', `--net=/proc/${pid}/ns/net`, ...list]
    const listing = await runCommand(tool, args, 5_000)
    if (pid === undefined) this.problem = listing.ok ? undefined : `${problem}; ${listing.reason}`
    if (!listing.ok) return undefined
    for (const line of listing.stdout.split('\n')) {
      await rest()
      take(line)
    }
    return index
  }
}

/** True when the table shows it, translated or not. */
function follow(looked: Looked, table: TrackedIndex): boolean {
  const found = table.find(looked.waiting.opened.protocol, looked.ends)
  if (found?.isTranslated) {
    looked.ends = found.ends
    looked.isTranslated = true
  }
  return found !== undefined
}

/** Gives the reason when it cannot be read. What is longer than may be read is read in part: the newest may be in it or not. */
async function readLines(file: string, take: (line: string) => void, rest: Rest): Promise<string | undefined> {
  let bytes = 0
  let text = ''
  try {
    for await (const chunk of fs.createReadStream(file, { encoding: 'latin1', highWaterMark: 256 * 1024 })) {
      bytes += chunk.length
      const lines = `${text}${chunk}`.split('\n')
      text = lines.pop() ?? ''
      for (const [i, line] of lines.entries()) {
        if (i % 64 === 0) await rest()
        take(line)
      }
      if (bytes > tableMaxBytes) return undefined
    }
    take(text)
    return undefined
  } catch (error) {
    return unreadable(file, error)
  }
}

function unreadable(file: string, error: unknown): string {
  return `${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`
}
