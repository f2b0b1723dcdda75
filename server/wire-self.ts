// How this server is doing, put together: measured steps for the page about it, a Prometheus registry, and OTLP where a collector is named.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { hostname } from 'node:os'
import type { Config } from './config.ts'
import type { Log } from './log.ts'
import { isOver } from './model/incident-state.ts'
import type { Pipeline } from './pipeline.ts'
import type { DiskView } from './protocol/retention.ts'
import { openMetrics } from './self/metrics.ts'
import { type OtlpOut, sendMetrics } from './self/otlp-out.ts'
import { type SelfFigures, watchSelf } from './self/watch-self.ts'

/** What waits for a person, or goes on for as long as somebody reads it, tells nothing of how quick the server is. */
const waitsForOthers = /^\/(api\/(gate|mcp)|hooks|socket\.io)/

export function wireSelf(config: Pick<Config, 'otlpOut'>, nowMs: () => number, { say, failed }: Log) {
  const self = watchSelf(nowMs)
  const startedAtMs = nowMs()
  let metrics: ReturnType<typeof openMetrics> | undefined
  let out: OtlpOut | undefined

  return {
    view: self.view,
    /** Says it, and counts it. */
    onError(context: string, error: unknown): void {
      failed(context, error)
      self.failed(context)
      metrics?.failed()
    },
    timed: <L extends { append(batch: { rows: readonly unknown[] }): Promise<unknown> }>(log: L): L =>
      self.timed(log, (tookMs) => metrics?.committed(tookMs)),
    /** Begins to measure: when everything that is measured is there. */
    begin(pipeline: Pipeline, figures: Omit<SelfFigures, 'queuedRows'> & { disk(): DiskView | undefined }) {
      const { state } = pipeline
      const all = { ...figures, queuedRows: pipeline.queuedRows }
      const opened = openMetrics({
        ...all,
        sessions: () => state.sessions.size,
        openIncidents: () => [...state.incidents.values()].filter((each) => !isOver(each)).length,
        held: () => [...state.approvals.values()].filter(({ decided }) => decided === undefined).length,
      })
      metrics = opened
      pipeline.onCommit(({ events }) => opened.take(events))
      self.begin(all)
      if (config.otlpOut)
        out = sendMetrics({
          ...config.otlpOut,
          instance: hostname(),
          startedAtMs,
          nowMs,
          // Its kind is a number in the types and a word in what is read.
          read: async () => (await opened.json()).map((each) => ({ ...each, type: String(each.type) })),
          say,
        })
      return opened
    },
    answers(request: IncomingMessage, response: ServerResponse): void {
      if (waitsForOthers.test(request.url ?? '')) return
      const began = performance.now()
      response.once('finish', () =>
        metrics?.answered(request.method ?? 'GET', response.statusCode, performance.now() - began),
      )
    },
    close(): void {
      out?.close()
      self.close()
    },
  }
}
