// The secret of an authenticator out of the address that the server gives. Pure.

/** As people type it: in groups of four. Undefined where the address is not one of an authenticator. */
export function totpSecret(uri: string): string | undefined {
  if (!URL.canParse(uri)) return undefined
  const url = new URL(uri)
  const secret = url.searchParams.get('secret')
  if (url.protocol !== 'otpauth:' || !secret || !/^[A-Z2-7]+$/.test(secret)) return undefined
  return secret.replaceAll(/(.{4})(?=.)/g, '$1 ')
}
