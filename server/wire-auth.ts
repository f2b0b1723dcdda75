// Operators and who is asking: better-auth on our store, what happens at the door in the audit, and the roles that a door may hold back.
import type { Config } from './config.ts'
import type { Listening } from './listen.ts'
import type { ConsoleState } from './model/state.ts'
import type { Store } from './open-store.ts'
import type { Actor } from './protocol/actor.ts'
import { createAuth } from './web/auth.ts'
import { createIdentify, type OperatorSeen } from './web/identity.ts'
import { requireMayRaise } from './web/invitation.ts'

export type WireAuthOptions = {
  config: Config
  listening: Listening
  store: Pick<Store, 'prisma' | 'authSecret' | 'readSignedIn' | 'keys'>
  /** Who looks at a bundle may look: whatever the page offers, nobody has the right to more. */
  isReadOnly: boolean
  /** Other nodes, with other addresses, take over what begins here. */
  severalNodes: boolean
  state: ConsoleState
  nowMs(): number
  recordAudit(by: Actor, change: string, subject: string): Promise<void>
  onError(context: string, error: unknown): void
}

/** Who stands before the door is nobody yet. */
const door: Actor = { type: 'server', id: 'sign-in', name: 'sign-in page' }

export function wireAuth({
  config,
  listening,
  store,
  isReadOnly,
  severalNodes,
  state,
  nowMs,
  recordAudit,
  onError,
}: WireAuthOptions) {
  const note = (by: Actor, change: string, subject: string) =>
    void recordAudit(by, change, subject).catch((error: unknown) => onError(`record ${change}`, error))
  const auth = createAuth({
    prisma: store.prisma,
    secret: store.authSecret,
    baseUrl: listening.url,
    severalNodes,
    origins: [listening.url, `http://127.0.0.1:${listening.port}`, ...config.origins],
    readSignedIn: store.readSignedIn,
    requireMayJoin: (role) => requireMayRaise(state, role),
    oidc:
      config.oidc && !isReadOnly
        ? {
            settings: config.oidc,
            origin: config.origins[0] ?? listening.url,
            onError: (error) => onError('single sign-on', error),
          }
        : undefined,
    nowMs,
    onSignIn(change, { id, name, email }, more) {
      const by: Actor = change === 'operator.sign-in-failed' ? door : { type: 'operator', id, name: name || email }
      note(by, change, more === undefined ? email : `${email} (${more})`)
    },
    onSignInLimited(address, operator) {
      note(
        door,
        'operator.sign-in-limited',
        `${operator?.email ?? 'several accounts, or none that there is'} from ${address}`,
      )
    },
  })
  const asFarAsLetIn = (operator: OperatorSeen): OperatorSeen => {
    if (isReadOnly) return { ...operator, role: 'viewer' }
    const waits = config.twoFactorRequired && !operator.twoFactor && operator.role !== 'viewer'
    return waits ? { ...operator, role: 'viewer', waits: operator.role } : operator
  }
  const identify = createIdentify(store.keys, async (headers) => {
    const operator = await auth.operatorOf(headers)
    return operator && asFarAsLetIn(operator)
  })
  // Begun now, waited for by whoever needs it; a failure is told by `onError`.
  if (auth.singleSignOn) auth.readySingleSignOn().catch(() => undefined)
  return { auth, identify }
}
