// The composition of the probe: spool, registry, observers, enforcers and link, and the clocks that drive them.
// A clean stop neither thaws nor ends a session: the next start finds everything as it was.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { Sample } from '../server/protocol/sample.ts'
import { describeAbilities, describeObservers } from './abilities.ts'
import { Adopter } from './adopt/adopter.ts'
import { findCgroupHome } from './cgroup-mount.ts'
import type { ProbeConfig } from './config.ts'
import { ControlLoop } from './control-loop.ts'
import { deriveSessionToken } from './derive-session-token.ts'
import { openEnforcement } from './enforcement.ts'
import { Link, type LinkLog } from './link.ts'
import { followClosedSockets } from './observe/closed-sockets.ts'
import { Translations } from './observe/conntrack.ts'
import { CpuMemory } from './observe/cpu-memory.ts'
import { GpuObserver } from './observe/gpu.ts'
import { openNftTable } from './observe/nft-table.ts'
import { type Pace, shareRuns, startPace } from './observe/pace.ts'
import { observeProcesses, observeToTheEnd } from './observe/processes.ts'
import { readBootId, readNetns } from './observe/read-process.ts'
import { SocketObserver } from './observe/sockets.ts'
import { UdpBytes } from './observe/udp-bytes.ts'
import { makeRecord, type Record } from './record.ts'
import { openRunSocket } from './run-socket.ts'
import type { Session } from './session.ts'
import { SessionKeeper } from './session-keeper.ts'
import { SessionRegistry } from './session-registry.ts'
import { Spool } from './spool.ts'
import { StandingSelectors } from './standing-selectors.ts'
import { type Rest, Turns } from './turns.ts'

export const probeVersion = '0.1.0'
const samplesBatch = 20

export type Probe = { stop(): Promise<void> }

/** Throws an Error with one line for the person when it cannot start. */
export async function startProbe(config: ProbeConfig, log: LinkLog): Promise<Probe> {
  const warn = (message: string, detail: object): void => log.warn(detail, message)
  const bootId = readBootId()
  const folder = path.join(config.dataFolder, 'probe')
  const spool = openSpool(path.join(folder, 'spool'), config.spoolMaxBytes)
  const registry = new SessionRegistry(path.join(folder, 'sessions'), warn)
  registry.load(spool.stream, (n) => spool.after(n))
  let savedN = spool.lastN
  let link: Link | undefined
  const hostNetns = readNetns('self')
  const write = makeRecord({ spool, host: config.host, sessions: registry.sessions, onWritten: () => link?.wake() })
  const translations = new Translations({ sessions: registry.sessions, record: write, hostNetns })
  const record: Record = (fact) => {
    write(fact)
    translations.noticed(fact)
  }

  const finding = findCgroupHome()
  const home = finding.ok ? finding.home : undefined
  const notice = finding.ok
    ? undefined
    : `vigil: this host cannot hold a session in a cgroup (${finding.reason}): pausing is best effort only`
  const nft = await openNftTable(home, config.dataFolder)
  const enforcement = await openEnforcement({
    finding,
    owner: config.dataFolder,
    hostNetns,
    sessions: registry.sessions,
    gpuAbsent: () => gpu.absent,
    warn,
  })

  const standing = new StandingSelectors(folder, warn)
  const turns = new Turns()
  /** Answers why the disk cannot be written. */
  const writeWaiting = (): string | undefined => {
    const before = spool.lastN
    const problem = spool.flush()
    if (spool.lastN > before) link?.wake()
    return problem
  }
  /** Throws where that cannot be: a checkpoint that knows what only waits for the disk would let a restart believe that it was said. */
  const keep = (session: Session): void => {
    session.dirty = true
    const problem = writeWaiting()
    if (problem !== undefined) throw new Error(problem)
    registry.save(session, spool.stream, spool.lastN)
  }
  const saved = (n: number): void => {
    savedN = n
    spool.trim(Math.min(link?.ackedN ?? 0, savedN))
  }
  const saveAll = (): void => {
    if (writeWaiting() !== undefined) return
    for (const session of registry.sessions.values()) registry.save(session, spool.stream, spool.lastN)
    saved(spool.lastN)
  }
  /** What happens while it rests is newer than the number that it then calls saved. */
  const saveInTurns = async (rest: Rest): Promise<void> => {
    if (writeWaiting() !== undefined) return
    const { lastN } = spool
    for (const session of [...registry.sessions.values()]) {
      await rest()
      registry.save(session, spool.stream, spool.lastN)
    }
    saved(lastN)
  }
  const followed = followClosedSockets((socket) => {
    const nowMs = Date.now()
    if (!sockets.closed(socket, nowMs)) udp?.unclaim(socket, nowMs)
  })
  const sockets = new SocketObserver({
    sessions: registry.sessions,
    record,
    bootId,
    hostNetns,
    udpFlowsCounted: ({ adopted }) => nft.ok && adopted === undefined,
    closedFollowed: () => followed.alive(),
  })
  const udp = nft.ok ? new UdpBytes({ sessions: registry.sessions, record, bootId, sockets }) : undefined
  const cpuMemory = new CpuMemory()
  const gpu = new GpuObserver({
    host: config.host,
    record,
    sessions: registry.sessions,
    sample: (sample) => link?.samples([sample]),
  })
  const control = new ControlLoop({
    sessions: registry.sessions,
    ...enforcement,
    record,
    turns,
    keep,
    warn,
  })
  const keeper = new SessionKeeper({
    registry,
    home,
    bootId,
    record,
    abilities: (session) => describeAbilities(enforcement.meansOf(session)),
    environment: (session) => ({
      VIGIL_SESSION: session,
      VIGIL_URL: config.url,
      VIGIL_TOKEN: deriveSessionToken(config.key, session),
      OTEL_EXPORTER_OTLP_ENDPOINT: config.url,
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${deriveSessionToken(config.key, session)}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
      OTEL_LOGS_EXPORTER: 'otlp',
      OTEL_LOG_TOOL_DETAILS: '1',
      CLAUDE_CODE_ENABLE_TELEMETRY: '1',
    }),
    notice,
    holdAtBirth: (session, born) => {
      if (!standing.mean({ ...born, session: session.id, host: config.host })) return false
      control.holdAtBirth(session)
      return true
    },
    save: keep,
    lookNow: (session) => {
      control.verify(session)
      processPace.now()
    },
    finalReading: async (session) => {
      await observeToTheEnd(session, record, rest)
      await readSockets()
      ending.add(session)
      await readFlows()
      if (translations.isWaiting(session)) await readTranslations()
      const nowMs = Date.now()
      for (const known of [...session.connections.values()]) sockets.close(session, known, nowMs)
      control.cancelPending(session)
    },
    onEnded: (session) => {
      cpuMemory.forget(session)
      return enforcement.forget(session)
    },
    warn,
  })

  const adopter =
    config.adopt && home
      ? new Adopter({
          setting: config.adopt,
          home,
          sessions: registry.sessions,
          takeIn: (taken) => keeper.takeIn(taken),
          record,
          serverUrl: config.url,
        })
      : undefined
  const adoption = adopter ? () => adopter.note : () => config.adopt && `No cgroup is adopted: ${notice}`

  let ending = new Set<Session>()
  // Readings of the kernel's tables cost the same for one session or for all: whoever asks during one shares the next.
  const rest: Rest = () => turns.rest()
  const readSockets = shareRuns(() => sockets.poll(rest))
  const readTranslations = shareRuns(() => translations.look(rest))
  const readFlows = shareRuns(async () => {
    if (!nft.ok || !udp || registry.sessions.size === 0) return
    const last = ending
    ending = new Set()
    const listing = await nft.table.list(rest)
    if (listing) await udp.update(listing, Date.now(), last, rest)
  })

  let lastDescription = ''
  const describeHost = (): void => {
    const data = {
      version: probeVersion,
      bootId,
      kernel: `${os.type()} ${os.release()}`,
      abilities: describeAbilities(enforcement.means),
      observers: describeObservers({
        cgroup: home !== undefined,
        isRoot: process.getuid?.() === 0,
        ssProblem: sockets.problem,
        closedFollowed: followed.alive(),
        udpProblem: nft.ok ? undefined : nft.reason,
        gpuAbsent: gpu.absent,
        adoption: adoption(),
        natProblem: translations.problem,
      }),
    }
    const text = JSON.stringify(data)
    if (text === lastDescription) return
    lastDescription = text
    record({ kind: 'probe.connected', data })
  }

  keeper.adopt()
  // Before anything is said to the server: what was wanted last is still wanted.
  control.resume()
  const runSocket = await openRunSocket(path.join(config.dataFolder, 'run', 'probe.sock'), keeper)
  const systemSocket = config.systemSocket ? await openRunSocket('/run/vigil/probe.sock', keeper) : undefined
  await translations.tryOut()
  const gpuFirst = gpu.poll()
  await Promise.race([gpuFirst, new Promise((resolve) => setTimeout(resolve, 1_000).unref())])
  describeHost()

  link = new Link({
    url: config.url,
    key: config.key,
    host: config.host,
    spool,
    hello: () => ({
      stream: spool.stream,
      bootId,
      lastN: spool.lastN,
      sessions: [...registry.sessions.values()]
        .filter((session) => !session.ended)
        .map((session) => ({ session: session.id, paused: session.observedPaused })),
    }),
    onWanted: (wanted, selectors) => {
      if (selectors) standing.replace(selectors)
      control.want(wanted)
    },
    onAcked: (n) => spool.trim(Math.min(n, savedN)),
    onMismatch: (missing) => {
      spool.restart(0)
      for (const session of registry.sessions.values()) session.dirty = true
      if (missing > 0) {
        record({
          kind: 'gap.recorded',
          data: {
            stream: 'events',
            count: missing,
            reason: 'the server no longer has events that it had acknowledged',
          },
        })
      }
      saveAll()
    },
    log,
  })

  const onError = (error: unknown): void =>
    warn('an observation failed', { error: error instanceof Error ? error.stack : String(error) })
  const processPace: Pace = startPace(
    async (rest) => {
      const look = await observeProcesses([...registry.sessions.values()], record, rest)
      if (look.active.length > 0) socketPace.now()
      if (look.unfinished.length > 0) processPace.now()
      for (const session of [...registry.sessions.values()]) {
        await rest()
        void keeper.check(session, Date.now()).catch(onError)
      }
    },
    { turns, minMs: 60, maxMs: 500, share: 0.06, cost: 'own', onError },
  )
  const socketPace: Pace = startPace(() => readSockets(), {
    turns,
    minMs: 180,
    // Each network namespace of its own costs a run of `ss`: hundreds of containers must not cost a core.
    maxMs: adopter ? 15_000 : 1_500,
    share: 0.06,
    cost: 'wall',
    onError,
  })
  const flowPace: Pace = startPace(() => readFlows(), {
    turns,
    minMs: 200,
    maxMs: 2_000,
    share: 0.04,
    cost: 'wall',
    onError,
  })
  const translationPace = startPace(() => readTranslations(), {
    turns,
    minMs: 1_000,
    maxMs: 10_000,
    share: 0.04,
    cost: 'wall',
    onError,
  })
  const secondPace: Pace = startPace(
    async (rest) => {
      let samples: Sample[] = []
      for (const session of [...registry.sessions.values()]) {
        await rest()
        control.verify(session)
        if (session.started && !session.ended) samples.push(cpuMemory.sample(session, Date.now()))
        if (samples.length < samplesBatch) continue
        link?.samples(samples)
        samples = []
      }
      link?.samples(samples)
      await rest()
      describeHost()
      await saveInTurns(rest)
    },
    { turns, minMs: 1_000, maxMs: 2_000, share: 0.06, cost: 'own', onError },
  )
  const adoptPace =
    adopter &&
    startPace((rest) => adopter.look(rest), {
      turns,
      minMs: 1_000,
      maxMs: 10_000,
      share: 0.04,
      cost: 'own',
      onError,
    })
  let gpuTimer: NodeJS.Timeout | undefined
  let stopped = false
  const gpuAgain = (ms: number): void => {
    if (stopped) return
    gpuTimer = setTimeout(
      () =>
        void gpu.poll().then(gpuAgain, (error: unknown) => {
          onError(error)
          gpuAgain(60_000)
        }),
      ms,
    )
    gpuTimer.unref()
  }
  void gpuFirst.then(gpuAgain, onError)
  log.info(
    { host: config.host, socket: runSocket.file, pause: enforcement.means.pause.name, pid: process.pid },
    'probe is observing',
  )

  return {
    stop: async () => {
      stopped = true
      for (const pace of [processPace, socketPace, flowPace, translationPace, secondPace]) pace.stop()
      adoptPace?.stop()
      if (gpuTimer) clearTimeout(gpuTimer)
      control.stop()
      keeper.stop()
      followed.stop()
      await runSocket.close()
      await systemSocket?.close()
      await link?.stop(500)
      if (nft.ok) await nft.table.remove()
      await enforcement.close()
      saveAll()
      spool.close()
    },
  }
}

function openSpool(folder: string, maxBytes: number): Spool {
  try {
    return new Spool(folder, { maxBytes })
  } catch (error) {
    throw new Error(
      `the spool folder cannot be used (${folder}): ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

/** The data folder must exist with rights for this user alone: keys and events lie in it. */
export function prepareDataFolder(folder: string): void {
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
}
