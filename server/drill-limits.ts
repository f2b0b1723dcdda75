// What a drill on this machine will not show, said before it is run.
import { existsSync } from 'node:fs'
import path from 'node:path'
import type { HostState } from './model/state.ts'

/** The built command line; undefined where there is none. */
export function drillProgram(root: string): string[] | undefined {
  const built = path.join(root, 'dist/cli.mjs')
  return existsSync(built) ? [process.execPath, '--enable-source-maps', built] : undefined
}

/** In sentences. `host`: this machine, as its probe told of it. */
export function drillLimits(
  hasLocalProbe: boolean,
  host: Pick<HostState, 'connected' | 'abilities'> | undefined,
  isRoot = process.getuid?.() === 0,
): string[] {
  const limits: string[] = []
  if (!hasLocalProbe)
    limits.push('No probe runs with this server (VIGIL_PROBE=off): a drill is seen, and cannot be contained.')
  else if (!host?.connected) limits.push('The local probe is not connected: a drill is seen, and cannot be contained.')
  else {
    const cannot = (name: string) => host.abilities.find((ability) => ability.name === name && ability.can === 'no')
    const [pause, network] = [cannot('pause'), cannot('network')]
    if (pause) limits.push(`The session cannot be paused with proof here: ${pause.detail}.`)
    if (network) limits.push(`The session’s network cannot be cut here: ${network.detail}.`)
  }
  if (!isRoot)
    limits.push('The server does not run as root: far ends are on loopback, and less looks like the outside.')
  return limits
}
