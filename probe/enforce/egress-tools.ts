// Runs nft, ss and ip in a network namespace, and counts the runs. Never through a shell with a word in it that is not fixed here.
import { type CommandResult, runCommand } from '../run-command.ts'

export type Place = {
  /** Inode of the network namespace. */
  netns: number
  /** How `nsenter` gets there; undefined for the host's own. */
  path: string | undefined
}

const timeoutMs = 5_000

export class EgressTools {
  /** Runs by tool, since the start. */
  readonly runs = { nft: 0, ss: 0, other: 0 }

  nft(place: Place, args: readonly string[], input?: string): Promise<CommandResult> {
    this.runs.nft += 1
    return this.run(place, ['nft', ...args], input)
  }

  /** One transaction: all of it happens, or nothing. */
  transact(place: Place, script: string): Promise<CommandResult> {
    if (script === '') return Promise.resolve({ ok: true, stdout: '' })
    return this.nft(place, ['-f', '-'], script)
  }

  /** Lists a table. Elements are shown by cgroup id: looking for their paths takes nft milliseconds each, so it is shown no cgroups. */
  async list(place: Place, family: 'inet' | 'netdev', table: string): Promise<CommandResult> {
    this.runs.nft += 1
    const list = ['-y', 'list', 'table', family, table]
    if (family === 'netdev') return this.run(place, ['nft', ...list])
    const blind = 'mount -t tmpfs none /sys/fs/cgroup && exec nft "$@"'
    const unseeing = ['unshare', '--mount', '--propagation', 'slave', 'sh', '-c', blind, 'sh', ...list]
    const result = await this.run(place, unseeing)
    // Where nothing may be mounted it takes longer.
    return result.ok || isAbsent(result.reason) ? result : this.run(place, ['nft', ...list])
  }

  ss(place: Place, args: readonly string[], withinMs = timeoutMs): Promise<CommandResult> {
    this.runs.ss += 1
    return this.run(place, ['ss', ...args], undefined, withinMs)
  }

  other(place: Place, command: readonly string[]): Promise<CommandResult> {
    this.runs.other += 1
    return this.run(place, command)
  }

  private run(place: Place, command: readonly string[], input?: string, withinMs = timeoutMs): Promise<CommandResult> {
    const [file = '', ...args] = place.path === undefined ? command : ['nsenter', `--net=${place.path}`, ...command]
    return runCommand(file, args, withinMs, input)
  }
}

/** nft's word for a table that is not there. */
export function isAbsent(reason: string): boolean {
  return /^Error: No such file or directory/.test(reason)
}
