// The browser's side of better-auth; made on first use, so that no page pays for it before somebody signs in or out.
import { createAuthClient } from 'better-auth/react'

const make = () => createAuthClient({ baseURL: window.location.origin })
let client: ReturnType<typeof make> | undefined

export function authClient(): ReturnType<typeof make> {
  client ??= make()
  return client
}
