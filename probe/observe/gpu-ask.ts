// Asks nvidia-smi which processes compute, for acts that depend on the answer. Names are not asked for: a process that puts a line
// break into its own name would break its line, and so hide itself from us. An answer not understood in full is no answer.
import { runCommand } from '../run-command.ts'
import { type GpuProcess, parseGpuProcesses, parseGpus } from './parse-nvidia-smi.ts'

export type GpuListing = GpuProcess[] | { problem: string }
/** By the GPU's uuid; undefined where the driver does not tell. */
export type GpuUse = Map<string, number | undefined> | { problem: string }

const timeoutMs = 5_000
const fields = ['gpu_uuid', 'pid', 'used_gpu_memory']

/** Compute processes of all sessions and none, without names. Never rejects. */
export async function askComputeProcesses(): Promise<GpuListing> {
  const answer = await runCommand(
    'nvidia-smi',
    [`--query-compute-apps=${fields.join(',')}`, '--format=csv,noheader,nounits'],
    timeoutMs,
  )
  return answer.ok ? parseListing(answer.stdout) : { problem: answer.reason }
}

/** A line that is not understood makes the whole listing a problem: who is on it cannot be said to be gone. */
export function parseListing(text: string): GpuListing {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const processes = parseGpuProcesses([fields.join(', '), ...lines].join('\n'))
  return processes.length === lines.length
    ? processes
    : { problem: `nvidia-smi answered with a line that cannot be read: ${odd(lines)}` }
}

function odd(lines: readonly string[]): string {
  const line =
    lines.find((candidate) => parseGpuProcesses([fields.join(', '), candidate].join('\n')).length === 0) ?? ''
  return JSON.stringify(line.slice(0, 100))
}

/** How busy each GPU is, in percent of the driver's last sampling period. Never rejects. */
export async function askGpuUse(): Promise<GpuUse> {
  const answer = await runCommand(
    'nvidia-smi',
    ['--query-gpu=uuid,index,utilization.gpu', '--format=csv,noheader,nounits'],
    timeoutMs,
  )
  if (!answer.ok) return { problem: answer.reason }
  const gpus = parseGpus(`uuid, index, utilization.gpu\n${answer.stdout}`)
  return new Map(gpus.map(({ uuid, utilPercent }) => [uuid, utilPercent]))
}
