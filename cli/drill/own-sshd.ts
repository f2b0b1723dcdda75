// An sshd for one tunnel: keys made for it and thrown away, forwarding and nothing else, in the foreground. Where OpenSSH is not there, the
// drill says so and opens a plain TCP connection instead.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FarSide } from './far-side.ts'

const programs = ['/usr/sbin/sshd', '/usr/bin/ssh', '/usr/bin/ssh-keygen'] as const

export type OwnSshd = {
  port: number
  /** The command with which the session opens the tunnel. */
  command: string
  /** From where it was reached, as sshd's own log says. */
  peer(): { address: string; port: number } | undefined
}

export function whyNoSshd(): string | undefined {
  const missing = programs.filter((file) => !existsSync(file))
  return missing.length === 0 ? undefined : `${missing.join(', ')} is not there`
}

/** `port` must be free on the far side. Throws an Error with one line when it does not start. */
export async function startOwnSshd(side: FarSide, folder: string, port: number): Promise<OwnSshd> {
  for (const key of ['host', 'user']) {
    const made = spawnSync('/usr/bin/ssh-keygen', [
      '-q',
      '-t',
      'ed25519',
      '-N',
      '',
      '-C',
      'drill',
      '-f',
      path.join(folder, key),
    ])
    if (made.status !== 0) throw new Error('ssh-keygen made no key')
  }
  const authorized = path.join(folder, 'authorized_keys')
  writeFileSync(authorized, `restrict,port-forwarding ${readFileSync(path.join(folder, 'user.pub'), 'utf8')}`, {
    mode: 0o600,
  })
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
  const lines = [
    `ListenAddress ${side.address}:${port}`,
    `HostKey ${path.join(folder, 'host')}`,
    `AuthorizedKeysFile ${authorized}`,
    'PidFile none',
    'UsePAM no',
    'StrictModes no',
    'PermitRootLogin prohibit-password',
    'PasswordAuthentication no',
    'AllowTcpForwarding remote',
    'LogLevel VERBOSE',
  ]
  const config = path.join(folder, 'sshd_config')
  writeFileSync(config, `${lines.join('\n')}\n`)
  let log = ''
  const child = side.start(['/usr/sbin/sshd', '-D', '-e', '-f', config], (text) => {
    log = (log + text).slice(-20_000)
  })
  const endMs = Date.now() + 10_000
  while (!log.includes('Server listening') && child.exitCode === null && Date.now() < endMs) await sleep(50)
  if (!log.includes('Server listening')) throw new Error(`sshd did not start: ${log.trim().split('\n').at(-1) ?? ''}`)
  writeFileSync(
    path.join(folder, 'ssh_config'),
    [
      `IdentityFile ${path.join(folder, 'user')}`,
      'IdentitiesOnly yes',
      'BatchMode yes',
      'StrictHostKeyChecking no',
      'UserKnownHostsFile /dev/null',
      'LogLevel ERROR',
      '',
    ].join('\n'),
  )
  return {
    port,
    command: `ssh -F ${path.join(folder, 'ssh_config')} -p ${port} -N -R 0:127.0.0.1:22 ${userInfo().username}@${side.address}`,
    peer() {
      const found = /Connection from ([\d.]+) port (\d+)/.exec(log)
      return found?.[1] === undefined ? undefined : { address: found[1], port: Number(found[2]) }
    },
  }
}
