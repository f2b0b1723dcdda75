// Where to go after signing in: a path of this console and nothing else, whatever the link says. Pure.

export function safeNext(next: string | null | undefined): string {
  if (!next || !/^\/[\x21-\x7e]*$/.test(next) || next.includes('\\')) return '/live'
  if (!URL.canParse(next, 'http://vigil.invalid')) return '/live'
  const url = new URL(next, 'http://vigil.invalid')
  if (url.origin !== 'http://vigil.invalid' || url.pathname.startsWith('//')) return '/live'
  return url.pathname.startsWith('/sign-in') || url.pathname.startsWith('/setup')
    ? '/live'
    : `${url.pathname}${url.search}`
}
