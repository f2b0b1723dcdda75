// The address of a wallboard. The token is the fragment, which browsers send to nobody: no log and no Referer has it.

export function wallPath(token: string): string {
  return `/wall#${token}`
}

/** Undefined: none was given; who is signed in may look all the same. */
export function tokenOf(hash: string): string | undefined {
  const token = hash.replace(/^#/, '')
  return /^[A-Za-z0-9_-]{1,200}$/.test(token) ? token : undefined
}
