// `GET /api/responders`: to whom an incident can be given. Names and ids alone: who may write to whom is not told here.
import { z } from 'zod'

export const ResponderList = z.object({ responders: z.array(z.object({ id: z.string(), name: z.string() })) })
