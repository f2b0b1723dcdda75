// What an authenticator is given by hand is what the server made.
import { expect, it } from 'vitest'
import { totpSecret } from './totp-secret.ts'

it('groups the secret of an authenticator’s address by four, and changes no letter of it', () => {
  const uri = 'otpauth://totp/Vigil:ada%40example.com?secret=JBSWY3DPEHPK3PXPAB&issuer=Vigil&digits=6&period=30'
  expect(totpSecret(uri)).toBe('JBSW Y3DP EHPK 3PXP AB')
})

it('takes nothing else for such an address', () => {
  for (const uri of ['', 'https://example.com/?secret=JBSW', 'otpauth://totp/x', 'otpauth://totp/x?secret=<b>'])
    expect(totpSecret(uri)).toBeUndefined()
})
