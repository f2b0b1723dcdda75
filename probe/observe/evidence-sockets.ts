// The sockets of a session for the record: those made in its cgroup, and those its processes have open. One listing of `ss` serves
// every session that asks while none is under way.
import type { EvidenceSocket } from '../../server/protocol/evidence.ts'
import { shortTextMax } from '../../server/protocol/text.ts'
import { freshRun } from '../fresh-run.ts'
import { type CommandResult, runCommand } from '../run-command.ts'
import type { Rest } from '../turns.ts'
import { parseSsLine, type SocketLine } from './parse-ss.ts'
import { isInside } from './processes.ts'

const ssArgs = ['-H', '-O', '-n', '-t', '-u', '-a', '-i', '-e', '--cgroup']
const ssTimeoutMs = 5_000
const namespacesMax = 8

export type SocketListing = { ok: true; sockets: SocketLine[] } | { ok: false; reason: string }
export type RunTool = (file: string, args: readonly string[], timeoutMs: number) => Promise<CommandResult>
export type SocketOwner = { pid: number; comm: string }

export class SocketListings {
  private readonly host: () => Promise<SocketListing>
  private readonly inside = new Map<number, () => Promise<SocketListing>>()

  constructor(
    private readonly parts: { hostNetns: number; rest: Rest; run?: RunTool },
    private readonly giveUpMs = ssTimeoutMs + 1_000,
  ) {
    this.host = freshRun('ss', () => this.list('ss', ssArgs), giveUpMs)
  }

  /** All sockets of the host's own network namespace. Never rejects. */
  ofHost(): Promise<SocketListing> {
    return this.host().catch(failed)
  }

  /** `namespaces`: one process of each, by the namespace's inode. Those beyond eight are only counted. Never rejects. */
  async ofNamespaces(namespaces: ReadonlyMap<number, number>): Promise<{ listings: SocketListing[]; leftOut: number }> {
    const foreign = [...namespaces].filter(([netns]) => netns !== 0 && netns !== this.parts.hostNetns)
    const listings = foreign.slice(0, namespacesMax).map(([netns, pid]) => this.ofNamespace(netns, pid).catch(failed))
    return { listings: await Promise.all(listings), leftOut: Math.max(0, foreign.length - namespacesMax) }
  }

  private ofNamespace(netns: number, pid: number): Promise<SocketListing> {
    let run = this.inside.get(netns)
    if (!run) {
      const args = [`--net=/proc/${pid}/ns/net`, 'ss', ...ssArgs]
      run = freshRun('ss', () => this.list('nsenter', args), this.giveUpMs)
      this.inside.set(netns, run)
    }
    const listing = run()
    // Kept only while somebody waits: the process that names the namespace may be gone by the next time.
    const forget = (): void => {
      if (this.inside.get(netns) === run) this.inside.delete(netns)
    }
    listing.then(forget, forget)
    return listing
  }

  private async list(file: string, args: readonly string[]): Promise<SocketListing> {
    const answer = await (this.parts.run ?? runCommand)(file, args, ssTimeoutMs)
    if (!answer.ok) return { ok: false, reason: answer.reason }
    const sockets: SocketLine[] = []
    for (const line of answer.stdout.split('\n')) {
      await this.parts.rest()
      const socket = parseSsLine(line)
      if (socket) sockets.push(socket)
    }
    return { ok: true, sockets }
  }
}

function failed(error: unknown): SocketListing {
  return { ok: false, reason: (error as Error).message }
}

/** Those of one session: made in its cgroup or in one below, or open in one of its processes (`owners`, by inode). */
export async function socketsOfSession(
  sockets: readonly SocketLine[],
  cgroupPath: string | undefined,
  owners: ReadonlyMap<number, SocketOwner>,
  rest: Rest,
): Promise<EvidenceSocket[]> {
  const found: EvidenceSocket[] = []
  let count = 0
  for (const socket of sockets) {
    count += 1
    if (count % 64 === 0) await rest()
    const owner = socket.inode === 0 ? undefined : owners.get(socket.inode)
    const isMade = cgroupPath !== undefined && socket.cgroup !== undefined && isInside(socket.cgroup, cgroupPath)
    if (!owner && !isMade) continue
    found.push({
      protocol: socket.protocol,
      local: socket.local,
      remote: socket.remote,
      state: socket.state.slice(0, shortTextMax),
      ...(owner ? { pid: owner.pid, comm: owner.comm } : {}),
      ...(socket.bytesOut === undefined ? {} : { bytesOut: socket.bytesOut }),
      ...(socket.bytesIn === undefined ? {} : { bytesIn: socket.bytesIn }),
    })
  }
  return found
}
