// A QR code as one inline path: dark on white in both themes, because cameras want it so. It is drawn in this page and asked of nobody.
import { qrCode } from './qr-code.ts'

/** Modules around it that must stay white. */
const quiet = 4

/** Nothing where the text is too long for one: it must stand beside it as text in any case. */
export function QrPicture({ text, label, className }: { text: string; label: string; className?: string }) {
  const code = qrCode(text)
  if (!code) return null
  const size = code.length + 2 * quiet
  const path = code
    .flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x + quiet} ${y + quiet}h1v1h-1z` : '')))
    .join('')
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
