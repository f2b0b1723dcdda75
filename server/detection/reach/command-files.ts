// Which files one simple command would read, write or delete, by its own words. Only programs whose words say it plainly.
export type CommandFiles = { writes: string[]; deletes: string[]; words: string[] }

const filesMax = 16
const deleting: ReadonlySet<string> = new Set(['rm', 'rmdir', 'unlink', 'shred'])
const writingLast: ReadonlySet<string> = new Set(['cp', 'mv', 'install', 'ln'])
const writingAll: ReadonlySet<string> = new Set(['tee', 'touch', 'mkdir', 'truncate', 'chmod', 'chown'])

export function filesOf(name: string, args: readonly string[]): CommandFiles {
  const plain = args.filter((word) => !word.startsWith('-') && word !== '').slice(0, 64)
  const found: CommandFiles = { writes: [], deletes: [], words: plain }
  if (deleting.has(name)) found.deletes.push(...plain.slice(0, filesMax))
  if (writingLast.has(name) && plain.length > 1) found.writes.push(plain.at(-1) ?? '')
  if (writingAll.has(name)) found.writes.push(...plain.slice(name === 'chmod' || name === 'chown' ? 1 : 0, filesMax))
  if (name === 'mv') found.deletes.push(...plain.slice(0, -1).slice(0, filesMax))
  if (name === 'dd') for (const word of args) if (word.startsWith('of=')) found.writes.push(word.slice(3))
  if (name === 'sed' && args.some((word) => /^-[a-zA-Z]*i|^--in-place/.test(word))) found.writes.push(...plain.slice(1))
  if (name === 'find' && args.includes('-delete')) found.deletes.push(plain[0] ?? '.')
  return found
}

const credentials =
  /(?:^|[/=@])(?:\.ssh\/(?:id_[a-z0-9_]+|identity)|\.aws\/credentials|\.config\/gcloud\/|\.azure\/|\.git-credentials|\.netrc|\.pgpass|\.vault-token|\.kube\/config|\.docker\/config\.json|\.npmrc|\.pypirc|\.env|\.claude\/\.credentials\.json|\.codex\/auth\.json|huggingface\/token)(?:$|[^a-z0-9])|^\/etc\/(?:shadow|gshadow)|^\/proc\/[^/]+\/environ|^\/(?:var\/)?run\/secrets\//
const startsAgain =
  /(?:^|\/)(?:\.bashrc|\.profile|\.bash_profile|\.zshrc|\.ssh\/authorized_keys|\.config\/(?:autostart|systemd)\/.*)$|^\/etc\/(?:cron|systemd|rc\.local|init\.d|profile|ld\.so\.preload)|^\/var\/spool\/cron/

/** A place where keys and passwords are kept; `.pub` is no secret. */
export function isCredential(path: string): boolean {
  return credentials.test(path) && !path.endsWith('.pub')
}

/** What is written there is run again later by itself. */
export function isStartPlace(path: string): boolean {
  return startsAgain.test(path)
}
