// One spelling of an email address everywhere: lower case, without spaces around it.
import { z } from 'zod'

export function emailOf() {
  return z.string().trim().toLowerCase().pipe(z.email('not an email address'))
}
