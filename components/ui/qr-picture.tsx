// A QR code as one inline path: dark on white in both themes, because cameras want it so. It is drawn in this page and asked of nobody.
import { useMemo } from 'react'
import { encode } from 'uqr'

/** Modules around it that must stay white (ISO/IEC 18004). */
const quietModules = 4

export function QrPicture({ text, label, className }: { text: string; label: string; className?: string }) {
  const { data, size } = useMemo(() => encode(text, { ecc: 'M', border: quietModules }), [text])
  const path = data.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : ''))).join('')
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${size} ${size}`}
      shapeRendering="crispEdges"
      className={className}
    >
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  )
}
