// PostgreSQL refuses to run as root. This file finds the account that runs it when Vigil itself runs as root
// (containers, CI, a probe host), and never lends the database more rights than that account has.
import { execFileSync, spawnSync } from 'node:child_process'

/** Unix ids of the account that owns the cluster's files and runs its processes. */
export interface Account {
  uid: number
  gid: number
}

/** Made when the system has no postgres account. */
const ownAccountName = 'vigil-postgres'

/**
 * The account to run PostgreSQL under, or null when this process is not root and simply runs it as itself.
 * An existing cluster keeps its owner: its files cannot be read by anybody else.
 */
export function accountForPostgres(existingOwner: Account | null): Account | null {
  if (process.getuid?.() !== 0) return null
  if (existingOwner && existingOwner.uid !== 0) return { uid: existingOwner.uid, gid: existingOwner.gid }
  const found = findAccount('postgres') ?? findAccount(ownAccountName)
  if (found) return found
  const made = spawnSync('useradd', ['--system', '--no-create-home', '--shell', '/usr/sbin/nologin', ownAccountName], {
    encoding: 'utf8',
  })
  const account = findAccount(ownAccountName)
  if (account) return account
  const why = made.error?.message ?? made.stderr.trim()
  throw new Error(
    `PostgreSQL cannot run as root, and no account could be made for it (${why}). Create a system user named postgres, run Vigil as an ordinary user, or set DATABASE_URL.`,
  )
}

function findAccount(name: string): Account | null {
  try {
    const id = (flag: string) =>
      Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))
    return { uid: id('-u'), gid: id('-g') }
  } catch {
    return null // `id` exits 1 for an unknown name; the caller then tries the next
  }
}

/** Whether the account can run this file: every folder above it counts too (a clone under /root is closed to it). */
export function canExecute(account: Account, path: string): boolean {
  const { status } = spawnSync('/bin/sh', ['-c', 'test -x "$1"', 'sh', path], { ...account, cwd: '/', stdio: 'ignore' })
  return status === 0
}
