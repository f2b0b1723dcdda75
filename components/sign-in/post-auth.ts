// One question to the door: what it said, also when it said no. Nothing of what is typed is kept.
import { z } from 'zod'

export type DoorAnswer = {
  status: number
  /** better-auth's name of what is wrong. */
  code?: string | undefined
  /** The password was right and a code is due. */
  needsCode: boolean
  /** Where the browser is to go. */
  url?: string | undefined
  waitSeconds?: number | undefined
}

const Said = z.object({
  code: z.string().optional(),
  twoFactorRedirect: z.boolean().optional(),
  url: z.string().nullish(),
})

/** Throws where nobody answers. */
export async function postAuth(path: string, body: object): Promise<DoorAnswer> {
  const response = await fetch(`/api/auth${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(body),
  })
  const said = Said.safeParse(await response.json().catch(() => ({})))
  const { code, twoFactorRedirect, url } = said.success ? said.data : {}
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
  return {
    status: response.status,
    code,
    needsCode: response.ok && twoFactorRedirect === true,
    url: url ?? undefined,
    waitSeconds: Number.isFinite(retryAfter) ? retryAfter : undefined,
  }
}
