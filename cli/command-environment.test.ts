// What a command under "vigil run" is given of our environment, and what never.
import { expect, it } from 'vitest'
import { commandEnvironment, withoutSecrets } from './command-environment.ts'

const secrets = ['VIGIL_KEY', 'VIGIL_ADMIN', 'VIGIL_PROBE_KEY', 'VIGIL_OIDC_CLIENT_SECRET', 'DATABASE_URL', 'REDIS_URL']
const own = Object.fromEntries([...secrets, 'PATH'].map((name) => [name, `own ${name}`])) as NodeJS.ProcessEnv

it('hands a command nothing that opens Vigil, its database or its sign-in, and everything else', () => {
  const env = commandEnvironment(own, { VIGIL_SESSION: 'ep-1' }, 'ep-1')
  expect(Object.keys(env).filter((name) => secrets.includes(name))).toEqual([])
  expect(env).toMatchObject({ PATH: 'own PATH', VIGIL_SESSION: 'ep-1', OTEL_RESOURCE_ATTRIBUTES: 'vigil.session=ep-1' })
  expect(withoutSecrets(own)).toEqual({ PATH: 'own PATH' })
})
