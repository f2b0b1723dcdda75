// Tries the egress cut out before anyone relies on it: an element in the sets of our own table, read back, and a connection of our
// own over loopback, killed.
import fs from 'node:fs'
import net, { type AddressInfo } from 'node:net'
import path from 'node:path'
import type { CgroupHome } from '../cgroup-mount.ts'
import { newSession, type Session } from '../session.ts'
import { type CutTables, countsOf } from './egress-tables.ts'
import type { Target } from './egress-target.ts'
import type { EgressTools, Place } from './egress-tools.ts'
import { killArgs, parseFlows } from './kill-flows.ts'

/** Why the cut cannot be made here; undefined when it can. */
export async function tryEgress(
  home: CgroupHome,
  host: Place,
  tables: CutTables,
  tools: EgressTools,
): Promise<string | undefined> {
  return (await tryElement(home, host, tables)) ?? (await tryKill(host, tools))
}

let trials = 0

async function tryElement(home: CgroupHome, host: Place, tables: CutTables): Promise<string | undefined> {
  const name = `trial-egress-${process.pid}-${++trials}-${Date.now().toString(36)}`
  const folder = path.join(home.folder, name)
  try {
    fs.mkdirSync(folder)
  } catch (error) {
    return `a cgroup cannot be made: ${(error as Error).message}`
  }
  try {
    const nftPath = `${home.nftPath}/${name}`
    const target: Target = {
      session: newSession(trialSession),
      folder,
      nftPath,
      cgroupPath: path.posix.join(home.path, name),
      cgroupId: fs.statSync(folder).ino,
      tasks: { cgroups: [], namespaces: new Map(), pids: [], cutShort: false },
      places: [host],
      placesCut: false,
    }
    const refused = (await tables.add(host, [target])).get(target)
    if (refused !== undefined) return refused
    let listing = await tables.read(host)
    if (!listing.drops || !listing.watches) {
      // Something of a wrong shape was there.
      const again = (await tables.replace(host, [target])).get(target)
      if (again !== undefined) return again
      listing = await tables.read(host)
    }
    const intact = listing.drops && listing.watches && countsOf(listing, nftPath, target.cgroupId) !== undefined
    const kept = (await tables.remove(host, [target])).get(target)
    if (!intact) return 'nft shows its table otherwise than it was declared'
    if (kept !== undefined) return kept
    return countsOf(await tables.read(host), nftPath, target.cgroupId) && 'nft does not take an element out again'
  } catch (error) {
    return (error as Error).message
  } finally {
    fs.rmdirSync(folder)
  }
}

const trialSession: Parameters<typeof newSession>[0] = {
  id: 'trial' as Session['id'],
  held: 'cgroup',
  cgroupFolder: undefined,
  cgroupPath: undefined,
  bootId: '',
  openedAtMs: 0,
}

async function tryKill(host: Place, tools: EgressTools): Promise<string | undefined> {
  const server = net.createServer((socket) => socket.on('error', () => socket.destroy()))
  let client: net.Socket | undefined
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, '127.0.0.1', resolve)
    })
    const { port } = server.address() as AddressInfo
    const own = net.connect(port, '127.0.0.1')
    client = own
    await new Promise<void>((resolve, reject) => {
      own.once('connect', resolve)
      own.once('error', reject)
    })
    const closed = new Promise<boolean>((resolve) => {
      own.on('error', () => {})
      own.once('close', () => resolve(true))
      setTimeout(() => resolve(false), 1_000).unref()
    })
    const filter = `src = 127.0.0.1:${own.localPort} and dst = 127.0.0.1:${port}`
    const result = await tools.ss(host, [...killArgs, filter])
    if (!result.ok) return result.missing ? 'ss (iproute2) is not installed' : `ss: ${result.reason}`
    if (parseFlows(result.stdout).length !== 1 || !(await closed)) {
      return 'this kernel does not let connections be killed (CONFIG_INET_DIAG_DESTROY)'
    }
    return undefined
  } catch (error) {
    return `a connection over loopback could not be tried: ${(error as Error).message}`
  } finally {
    client?.destroy()
    server.close()
  }
}
