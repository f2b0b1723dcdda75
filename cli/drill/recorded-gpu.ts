// A GPU that gets busy, as dcgm-exporter writes it. Recorded, and named so wherever it is shown: a drill burdens no card. Pure.

export const recordedGpuHost = 'drill-recorded'
/** Utilisation over a minute, in per cent, when a training job's card is taken for something else. */
export const recordedCourse = [4, 38, 91, 98, 97, 99] as const

/** One scrape. `user`: the session, as the pod's label says it. */
export function recordedScrape(percent: number, user: string): string {
  const labels = [
    'gpu="0"',
    'UUID="GPU-d0000000-0000-4000-8000-000000000001"',
    'device="nvidia0"',
    'modelName="Recorded for a drill"',
    `Hostname="${recordedGpuHost}"`,
    `pod="${user}"`,
    'namespace="drill"',
  ].join(',')
  const lines: readonly (readonly [string, number])[] = [
    ['DCGM_FI_DEV_GPU_UTIL', percent],
    ['DCGM_FI_DEV_MEM_COPY_UTIL', Math.round(percent / 4)],
    ['DCGM_FI_DEV_FB_USED', 2_048 + percent * 20],
    ['DCGM_FI_DEV_FB_FREE', 79_000 - percent * 20],
    ['DCGM_FI_DEV_POWER_USAGE', 70 + percent * 5],
    ['DCGM_FI_DEV_GPU_TEMP', 30 + Math.round(percent / 3)],
  ]
  return lines.map(([name, value]) => `${name}{${labels}} ${value}\n`).join('')
}
