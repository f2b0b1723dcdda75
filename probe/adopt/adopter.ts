// Decides which cgroups of other makers become sessions, and hands them to the keeper. It must never take the root, our own `vigil`
// folder or anything above or below it, nor a cgroup that holds this probe, whoever started it, or the server.
import fs from 'node:fs'
import { type CgroupHome, mountPointOf } from '../cgroup-mount.ts'
import { parseCgroupEvents } from '../enforce/cgroup-freeze.ts'
import { parseSsLine } from '../observe/parse-ss.ts'
import { isInside } from '../observe/processes.ts'
import { readCgroupPath, readStat } from '../observe/read-process.ts'
import type { Record } from '../record.ts'
import { runCommand } from '../run-command.ts'
import type { Session } from '../session.ts'
import type { Taken } from '../session-keeper.ts'
import type { Rest } from '../turns.ts'
import { type AdoptSetting, isAskedFor, mayHold } from './adopt-setting.ts'
import { recognise, sessionIdsOf } from './container-cgroup.ts'
import { noFacts, readContainerFacts } from './container-labels.ts'
import { type FoundCgroup, findCgroups } from './find-cgroups.ts'

export const adoptedMax = 500
const serverKeptMs = 10_000
const saidAgainMs = 60_000
const ancestorsMax = 64

export class Adopter {
  private cutShort = false
  private overflow = 0
  private overflowSaid = { count: 0, atMs: 0 }
  /** Cgroups that were looked at and are not to be adopted, by path and inode. */
  private refused = new Set<string>()
  private server: { cgroups: string[]; atMs: number } = { cgroups: [], atMs: 0 }

  constructor(
    private readonly parts: {
      setting: AdoptSetting
      home: CgroupHome
      sessions: ReadonlyMap<string, Session>
      takeIn: (taken: Taken) => void
      record: Record
      /** Of the server that we speak to: where that is this host, its cgroup is never adopted. */
      serverUrl: string
      /** Where the files of container managers are. */
      root?: string
      max?: number
    },
  ) {}

  /** For an operator: what is not seen. */
  get note(): string {
    const max = this.parts.max ?? adoptedMax
    const limits = [
      ...(this.overflow > 0 ? [`more than ${max} would fit: the rest is not adopted`] : []),
      ...(this.cutShort ? ['the cgroup tree is too large to be read whole'] : []),
    ]
    return `Cgroups that others made are adopted (VIGIL_ADOPT=${this.parts.setting.text})${limits.map((limit) => `; ${limit}`).join('')}.`
  }

  /** One look at the whole tree. */
  async look(rest: Rest): Promise<void> {
    const { setting, home, sessions, takeIn } = this.parts
    const isBelowUs = (path: string) => isInside(path, home.path)
    const { found, cutShort } = await findCgroups(
      mountPointOf(home),
      {
        isWanted: (path) => !isBelowUs(path) && !isInside(home.path, path) && isAskedFor(setting, path),
        mayHold: (path) => !isBelowUs(path) && mayHold(setting, path),
      },
      rest,
    )
    this.cutShort = cutShort
    const present = new Set(found.map(keyOf))
    this.refused = new Set([...this.refused].filter((key) => present.has(key)))
    const held = [...sessions.values()].filter(({ adopted }) => adopted !== undefined)
    const taken = held.flatMap(({ cgroupPath }) => cgroupPath ?? [])
    const isApart = ({ path }: FoundCgroup) => !taken.some((other) => isInside(path, other) || isInside(other, path))
    const fresh = found.filter((each) => isApart(each) && !this.refused.has(keyOf(each)))
    let overflow = 0
    const own = fresh.length > 0 ? await this.ownCgroups() : []
    for (const each of fresh) {
      await rest()
      if (own.some((path) => isInside(path, each.path)) || !isPopulated(each)) continue
      if (taken.length >= (this.parts.max ?? adoptedMax)) {
        overflow += 1
        continue
      }
      const taking = this.describe(each)
      if (!taking) continue
      takeIn(taking)
      taken.push(each.path)
    }
    this.overflow = overflow
    this.sayOverflow()
  }

  /** undefined for what is not worth a session of its own, and where no name is free. */
  private describe({ path, folder, inode }: FoundCgroup): Taken | undefined {
    const { manager, container, pod, name } = recognise(path) ?? {}
    const facts = container === undefined ? noFacts : readContainerFacts(container, this.parts.root)
    if (facts.isSandbox) {
      this.refused.add(keyOf({ path, folder, inode }))
      return undefined
    }
    const id = sessionIdsOf(path).find((each) => !this.parts.sessions.has(each))
    if (id === undefined) return undefined
    const labels = { manager, container, pod, image: facts.image, name: facts.name ?? name }
    const known = Object.entries(labels).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]))
    return { id, path, folder, inode, name: labels.name, labels: Object.fromEntries(known) }
  }

  /** Of this probe, of every process that it descends from, and of the server where that listens on this host. */
  private async ownCgroups(): Promise<string[]> {
    const own = new Set<string>()
    for (let pid = process.pid, i = 0; pid > 0 && i < ancestorsMax; i += 1) {
      const path = readCgroupPath(pid)
      if (path !== undefined) own.add(path)
      pid = readStat(pid)?.ppid ?? 0
    }
    if (Date.now() - this.server.atMs > serverKeptMs)
      this.server = { cgroups: await serverCgroups(this.parts.serverUrl), atMs: Date.now() }
    return [...own, ...this.server.cgroups]
  }

  private sayOverflow(): void {
    const { overflow, overflowSaid } = this
    if (overflow <= overflowSaid.count) {
      this.overflowSaid = { ...overflowSaid, count: overflow }
      return
    }
    if (Date.now() - overflowSaid.atMs < saidAgainMs) return
    this.parts.record({
      kind: 'gap.recorded',
      data: {
        stream: 'events',
        count: overflow - overflowSaid.count,
        reason: `more than ${this.parts.max ?? adoptedMax} containers: these are not adopted and not observed`,
      },
    })
    this.overflowSaid = { count: overflow, atMs: Date.now() }
  }
}

function keyOf({ path, inode }: FoundCgroup): string {
  return `${inode} ${path}`
}

function isPopulated({ folder }: FoundCgroup): boolean {
  try {
    return parseCgroupEvents(fs.readFileSync(`${folder}/cgroup.events`, 'utf8')).populated === true
  } catch {
    return false // It has gone.
  }
}

/** In which the server listens; none where it is on another host, or behind a port that somebody else listens on for it. */
async function serverCgroups(url: string): Promise<string[]> {
  const { hostname, port, protocol } = new URL(url)
  if (!/^(localhost|127\.[\d.]+|\[::1\])$/.test(hostname)) return []
  const number = port === '' ? (protocol === 'https:' ? '443' : '80') : port
  const listing = await runCommand(
    'ss',
    ['-H', '-O', '-n', '-t', '-u', '-l', '-e', '--cgroup', `sport = :${number}`],
    3_000,
  )
  if (!listing.ok) return []
  return listing.stdout.split('\n').flatMap((line) => parseSsLine(line)?.cgroup ?? [])
}
