// Asks the server to make an evidence bundle: it is made there, whatever becomes of this page, and fetched from the list of long work.
import { toast } from 'sonner'
import { z } from 'zod'
import type { JobRequest } from '../../server/protocol/job.ts'
import { apiCall } from '../settings/api-call.ts'
import { tellJobsChanged } from './use-jobs.ts'

const Started = z.object({ id: z.string() })

export async function startBundle(request: JobRequest): Promise<void> {
  const { problem } = await apiCall('POST', '/api/jobs', Started, request)
  if (problem) toast.error(problem.title, { description: problem.detail, duration: 12_000 })
  else toast('The evidence bundle is being made', { description: 'Long work, in the top bar, has it when it is done.' })
  tellJobsChanged()
}
