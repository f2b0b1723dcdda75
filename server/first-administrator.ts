// The first administrator: made from VIGIL_ADMIN, or by whoever opens the one-time link that is printed where the server was started.
import { randomBytes } from 'node:crypto'
import type { Config } from './config.ts'
import type { SetupLink } from './web/account-routes.ts'
import type { Auth } from './web/auth.ts'

export async function firstAdministrator(
  auth: Auth,
  config: Config,
  url: string,
  say: (line: string) => void,
): Promise<SetupLink> {
  if (await auth.hasOperators()) return { token: () => undefined, spend: () => undefined }
  if (config.admin) {
    const { email, password } = config.admin
    await auth.createOperator({ email, password, name: email.split('@')[0] ?? email, role: 'admin' })
    return { token: () => undefined, spend: () => undefined }
  }
  let token: string | undefined = randomBytes(24).toString('base64url')
  say(`vigil: nobody can sign in yet. Make the first administrator here (works once): ${url}/setup?token=${token}`)
  return {
    token: () => token,
    spend() {
      token = undefined
    },
  }
}
