// How a cell of the heat map looks: a band is a shade of one colour beside its number, every other state a pattern and a mark of its own.
import type { CSSProperties } from 'react'
import type { HeatCell } from './heat-cell.ts'

/** Per cent of the colour in the panel's; no more, or the number on it cannot be read. */
const shades = [0, 12, 22, 32, 42, 50] as const
/** Without a number on it a cell may be as strong as it likes. */
const strongShades = [8, 28, 44, 60, 76, 92] as const

const hatch = 'repeating-linear-gradient(135deg, var(--line-strong) 0 2px, transparent 2px 6px)'
const tightHatch = 'repeating-linear-gradient(135deg, var(--faint) 0 1px, transparent 1px 4px)'
const bars = 'repeating-linear-gradient(0deg, var(--critical) 0 3px, var(--canvas) 3px 4px)'
const dots = 'radial-gradient(var(--canvas) 1px, var(--frozen) 1.5px) 0 0 / 4px 4px'

export function shade(band: number, isStrong = false): string {
  const share = (isStrong ? strongShades : shades)[band] ?? 0
  return `color-mix(in srgb, var(--info) ${share}%, var(--panel))`
}

export function cellStyle({ state, band }: Pick<HeatCell, 'state' | 'band'>): CSSProperties {
  if (band === undefined || state === 'not now') return { backgroundImage: hatch }
  return { background: shade(band) }
}

/** The small form has no room for marks: what is not plain has a pattern instead. */
export function smallCellStyle({ state, band }: Pick<HeatCell, 'state' | 'band'>): CSSProperties {
  if (state === 'off task') return { background: bars, outline: '1px solid var(--critical)', outlineOffset: '1px' }
  if (state === 'not now' || band === undefined) return { backgroundImage: tightHatch }
  if (state === 'frozen') return { background: dots }
  return { background: shade(band, true) }
}
