// How every chart over time looks: its axes, its tooltip. Recharts takes them as props.
export const chartTick = { fontSize: 10, fill: 'var(--muted)' }

export const chartAxis = { tick: chartTick, tickLine: false, axisLine: false } as const

export const chartTooltip = {
  isAnimationActive: false,
  contentStyle: {
    background: 'var(--raised)',
    border: '1px solid var(--line-strong)',
    borderRadius: 6,
    fontSize: 12,
  },
  itemStyle: { color: 'var(--ink)' },
  labelStyle: { color: 'var(--muted)' },
  cursor: { stroke: 'var(--line-strong)' },
} as const
