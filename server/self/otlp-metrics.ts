// What the Prometheus registry holds, as an OTLP export request in JSON. Pure. Shape: opentelemetry-proto v1, metrics service, JSON mapping (64 bit
// integers and times are strings).

export type PrometheusMetric = {
  name: string
  help: string
  type: 'counter' | 'gauge' | 'histogram' | 'summary' | string
  values: readonly { value: number; labels: Readonly<Partial<Record<string, string | number>>>; metricName?: string }[]
}

type Attribute = { key: string; value: { stringValue: string } }
type Point = { attributes: Attribute[]; startTimeUnixNano: string; timeUnixNano: string; asDouble: number }
type Metric = { name: string; description: string } & (
  | { gauge: { dataPoints: Point[] } }
  | { sum: { aggregationTemporality: 2; isMonotonic: true; dataPoints: Point[] } }
)

const nanos = (ms: number): string => `${BigInt(Math.round(ms)) * 1_000_000n}`

/**
 * A counter is a cumulative sum; all else is a gauge, each series of a histogram or summary under its own name, as Prometheus names it. Values
 * that are no numbers are left out: JSON has none.
 */
export function otlpMetricsOf(
  metrics: readonly PrometheusMetric[],
  { startedAtMs, atMs, instance }: { startedAtMs: number; atMs: number; instance: string },
): object {
  const told: Metric[] = []
  for (const { name, help, type, values } of metrics) {
    const byName = new Map<string, Point[]>()
    for (const { value, labels, metricName = name } of values) {
      if (!Number.isFinite(value)) continue
      const points = byName.get(metricName) ?? []
      byName.set(metricName, points)
      points.push({
        attributes: Object.entries(labels).map(([key, text]) => ({ key, value: { stringValue: String(text) } })),
        startTimeUnixNano: nanos(startedAtMs),
        timeUnixNano: nanos(atMs),
        asDouble: value,
      })
    }
    for (const [series, dataPoints] of byName)
      told.push({
        name: series,
        description: help,
        ...(type === 'counter'
          ? { sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints } }
          : { gauge: { dataPoints } }),
      })
  }
  const attribute = (key: string, stringValue: string): Attribute => ({ key, value: { stringValue } })
  return {
    resourceMetrics: [
      {
        resource: { attributes: [attribute('service.name', 'vigil'), attribute('service.instance.id', instance)] },
        scopeMetrics: [{ scope: { name: 'vigil' }, metrics: told }],
      },
    ],
  }
}
