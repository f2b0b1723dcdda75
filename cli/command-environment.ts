// The environment of a command under `vigil run`. It must never hand the command a key of Vigil or of its database.

const secrets = [
  'VIGIL_KEY',
  'VIGIL_ADMIN',
  'VIGIL_PROBE_KEY',
  'VIGIL_PROBE_KEY_FILE',
  'VIGIL_OIDC_CLIENT_SECRET',
  'DATABASE_URL',
  'REDIS_URL',
]

/** `fromProbe`: variables of the session. Resource attributes that were set already are kept; ours is appended. */
export function commandEnvironment(
  own: NodeJS.ProcessEnv,
  fromProbe: { [name: string]: string },
  session: string,
): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...own, ...fromProbe }
  for (const name of secrets) delete env[name]
  const attributes = (own.OTEL_RESOURCE_ATTRIBUTES ?? '')
    .split(',')
    .filter((part) => part !== '' && !part.startsWith('vigil.session='))
  env.OTEL_RESOURCE_ATTRIBUTES = [...attributes, `vigil.session=${session}`].join(',')
  return env
}

/** For a program that we start and that has nothing to ask of Vigil. */
export function withoutSecrets(own: NodeJS.ProcessEnv): { [name: string]: string } {
  const theirs = Object.entries(own).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return Object.fromEntries(theirs.filter(([name]) => !secrets.includes(name) && name !== 'VIGIL_TOKEN'))
}
