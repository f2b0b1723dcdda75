// What the console offers besides a password, and the way there.
import { z } from 'zod'
import { postAuth } from './post-auth.ts'

const Offered = z.object({ singleSignOn: z.object({ name: z.string() }).optional() })

/** The provider's name; undefined where there is none, or the server cannot be asked: a password is offered in any case. */
export async function singleSignOnName(signal: AbortSignal): Promise<string | undefined> {
  try {
    const answer = await fetch('/api/sign-in', { signal, headers: { accept: 'application/json' } })
    return Offered.parse(await answer.json()).singleSignOn?.name
  } catch {
    return undefined
  }
}

/** Leaves for the provider, or answers why not. Paths are of this console. */
export async function leaveForProvider(
  path: '/sign-in/social' | '/link-social',
  ways: { callbackURL: string; errorCallbackURL: string },
): Promise<string | undefined> {
  const answer = await postAuth(path, { provider: 'oidc', ...ways })
  if (answer.status < 300 && answer.url) {
    window.location.assign(answer.url)
    return undefined
  }
  if (answer.status === 429) return 'Too many tries. Wait a minute, then try again.'
  return 'Single sign-on does not answer. A password works all the same.'
}
