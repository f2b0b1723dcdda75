'use client'
// What the room of GPUs and the page of one keep in their URLs, so that a link shows the same.
import { parseAsInteger, parseAsString, parseAsStringLiteral, useQueryStates } from 'nuqs'
import { metrics } from './gpu-metrics.ts'
import { ranges } from './gpu-path.ts'

export const gpuViews = ['map', 'list'] as const
export type GpuViewName = (typeof gpuViews)[number]

export function useGpusUrl() {
  return useQueryStates(
    {
      view: parseAsStringLiteral(gpuViews).withDefault('map'),
      metric: parseAsStringLiteral(metrics).withDefault('sm'),
    },
    { history: 'replace', scroll: false },
  )
}

export function useGpuUrl() {
  return useQueryStates(
    {
      host: parseAsString.withDefault(''),
      gpu: parseAsString.withDefault(''),
      range: parseAsStringLiteral(ranges).withDefault('15m'),
      /** Epoch milliseconds; both, or the range counts. */
      from: parseAsInteger,
      to: parseAsInteger,
    },
    { history: 'replace', scroll: false },
  )
}
