// Our own nftables table: it counts UDP per session and remote, and notes every TCP opening, for connections that live between
// two readings. It holds no verdict: it must never drop, accept or change a packet, and never touch another table.
import { createHash } from 'node:crypto'
import type { CgroupHome } from '../cgroup-mount.ts'
import { runCommand } from '../run-command.ts'
import { noRest, type Rest } from '../turns.ts'
import { type NftFlow, parseNftTable } from './parse-nft.ts'

/** The whole table as one atomic nft script. `path` is the home cgroup as nft resolves it, `level` its depth. */
export function nftScript(table: string, path: string, level: number): string {
  const inner = level + 1
  // nft resolves every listed element's cgroup to a path, which is slow: openings are kept only for some readings.
  const set = (name: string, ip: 'ip' | 'ip6', protocol: 'udp' | 'tcp') =>
    `  set ${name} { typeof socket cgroupv2 level ${inner} . ${protocol} sport . ${ip} daddr . ${protocol} dport; flags dynamic,timeout; timeout ${protocol === 'tcp' ? '5s' : '60s'}; size 65535; counter; }`
  const out = (name: string, ip: 'ip' | 'ip6', protocol: 'udp' | 'tcp', match: string) =>
    `    ${ours(ip)} ${match} update @${name} { socket cgroupv2 level ${inner} . ${protocol} sport . ${ip} daddr . ${protocol} dport }`
  const into = (name: string, ip: 'ip' | 'ip6') =>
    `    ${ours(ip)} meta l4proto udp update @${name} { socket cgroupv2 level ${inner} . udp dport . ${ip} saddr . udp sport }`
  const ours = (ip: 'ip' | 'ip6') =>
    `meta nfproto ${ip === 'ip' ? 'ipv4' : 'ipv6'} socket cgroupv2 level ${level} "${path}"`
  const syn = 'tcp flags & (syn | ack) == syn'
  return [
    `table inet ${table} {`,
    set('udp4_out', 'ip', 'udp'),
    set('udp6_out', 'ip6', 'udp'),
    set('udp4_in', 'ip', 'udp'),
    set('udp6_in', 'ip6', 'udp'),
    set('syn4', 'ip', 'tcp'),
    set('syn6', 'ip6', 'tcp'),
    '  chain out { type filter hook output priority 300;',
    out('udp4_out', 'ip', 'udp', 'meta l4proto udp'),
    out('udp6_out', 'ip6', 'udp', 'meta l4proto udp'),
    out('syn4', 'ip', 'tcp', syn),
    out('syn6', 'ip6', 'tcp', syn),
    '  }',
    '  chain into { type filter hook input priority 300;',
    into('udp4_in', 'ip'),
    into('udp6_in', 'ip6'),
    '  }',
    '}',
    '',
  ].join('\n')
}

export type NftTable = { name: string; list(rest: Rest): Promise<NftFlow[] | undefined>; remove(): Promise<void> }
export type NftFinding = { ok: true; table: NftTable } | { ok: false; reason: string }

/** `owner`: text that is the same after a restart of this probe, so a table left behind is found again. */
export async function openNftTable(home: CgroupHome | undefined, owner: string): Promise<NftFinding> {
  if (!home) return { ok: false, reason: 'it needs cgroup v2' }
  if (home.nftPath === undefined) return { ok: false, reason: 'cgroup v2 is not mounted below /sys/fs/cgroup' }
  const name = `vigil_${createHash('sha256').update(owner).digest('hex').slice(0, 10)}`
  await runCommand('nft', ['delete', 'table', 'inet', name], 5_000)
  const made = await runCommand('nft', ['-f', '-'], 5_000, nftScript(name, home.nftPath, home.level))
  if (!made.ok)
    return { ok: false, reason: made.missing ? 'nft (nftables) is not installed' : `nft refused: ${made.reason}` }
  const read = async (rest: Rest): Promise<NftFlow[] | undefined> => {
    const listing = await runCommand('nft', ['-j', 'list', 'table', 'inet', name], 5_000)
    if (!listing.ok) return undefined
    await rest()
    return parseNftTable(listing.stdout, rest)
  }
  if ((await read(noRest)) === undefined) {
    await runCommand('nft', ['delete', 'table', 'inet', name], 5_000)
    return { ok: false, reason: 'nft cannot list its own table as JSON' }
  }
  return {
    ok: true,
    table: {
      name,
      list: read,
      remove: async () => {
        await runCommand('nft', ['delete', 'table', 'inet', name], 5_000)
      },
    },
  }
}
