// A process in the words of Sigma, and a bounded memory of who runs under which number: an event names only the parent's number.
import type { EventOf } from '../../protocol/event.ts'
import type { ReportedProcess } from '../../protocol/signal.ts'
import type { Fields } from '../detection-event.ts'
import { RecencyMap } from '../stateful/recency-map.ts'

type Known = { image: string; line: string; ppid: number | undefined }

const processesPerHost = 4_096
const hostsMax = 512
const argsMax = 256
const lineMax = 16_384

/** `/usr/bin/` before a bare name, so that rules on the end of a path hold. */
export function imageOf(
  exe: string | undefined,
  argv: readonly string[] | undefined,
  comm: string | undefined,
): string {
  const name = exe ?? (argv?.[0]?.includes('/') ? argv[0] : undefined) ?? comm ?? argv?.[0] ?? ''
  return name === '' || name.includes('/') ? name : `/usr/bin/${name}`
}

export class KnownProcesses {
  /** A host of its own each: processes without end on one push out nobody elsewhere. */
  readonly #hosts = new RecencyMap<RecencyMap<Known>>(hostsMax)

  started(event: EventOf<'process.started'>): Fields {
    const { pid, ppid, exe, argv, comm, uid } = event.data
    return this.#learn(event.host ?? '', pid, ppid, imageOf(exe, argv, comm), argv, userOf(uid), undefined)
  }

  executed(event: EventOf<'process.executed'>): Fields {
    const { pid, exe, argv, comm } = event.data
    return this.#learn(event.host ?? '', pid, undefined, imageOf(exe, argv, comm), argv, undefined, undefined)
  }

  reported(host: string, process: ReportedProcess): Fields {
    const { pid, ppid, exe, argv, comm, uid, user, cwd } = process
    return this.#learn(host, pid, ppid, imageOf(exe, argv, comm), argv ?? [], user ?? userOf(uid), cwd)
  }

  imageOf(host: string | undefined, pid: number | undefined): string | undefined {
    return pid === undefined ? undefined : this.#hosts.get(host ?? '')?.get(String(pid))?.image
  }

  #learn(
    host: string,
    pid: number | undefined,
    ppid: number | undefined,
    image: string,
    argv: readonly string[],
    user: string | undefined,
    cwd: string | undefined,
  ): Fields {
    let processes = this.#hosts.get(host)
    if (processes === undefined) {
      processes = new RecencyMap(processesPerHost)
      this.#hosts.set(host, processes)
    }
    const line = cut(argv.length > argsMax ? argv.slice(0, argsMax).join(' ') : argv.join(' '))
    // A process that replaced its program has the parent that it had.
    const parentPid = ppid ?? (pid === undefined ? undefined : processes.get(String(pid))?.ppid)
    const parent = parentPid === undefined ? undefined : processes.get(String(parentPid))
    if (pid !== undefined) processes.set(String(pid), { image, line: line.slice(0, 512), ppid: parentPid })
    return {
      Image: image,
      CommandLine: line,
      Args: argv.slice(1, argsMax),
      ParentImage: parent?.image,
      ParentCommandLine: parent?.line,
      User: user,
      ProcessId: pid,
      CurrentDirectory: cwd,
    }
  }
}

function userOf(uid: number | undefined): string | undefined {
  return uid === undefined ? undefined : uid === 0 ? 'root' : String(uid)
}

function cut(line: string): string {
  return line.length > lineMax ? line.slice(0, lineMax) : line
}
