// The document: fonts from the npm package, tokens, and the theme from its cookie (so no inline script is needed).
// Reading the cookie makes every page dynamic, which a Content-Security-Policy with nonces needs anyway.
import { GeistMono } from 'geist/font/mono'
import { GeistSans } from 'geist/font/sans'
import type { Metadata, Viewport } from 'next'
import { cookies } from 'next/headers'
import type { ReactNode } from 'react'
import { themeCookie, themeOf, timesCookie } from '../components/shell/theme.ts'
import { timeZoneOf } from '../components/ui/format-time.ts'
import './globals.css'

export const metadata: Metadata = {
  title: { default: 'Vigil', template: '%s · Vigil' },
  description: 'A live incident console for AI agents.',
  robots: { index: false },
}
export const viewport: Viewport = { width: 'device-width', initialScale: 1 }

export default async function Layout({ children }: { children: ReactNode }) {
  const chosen = await cookies()
  const theme = themeOf(chosen.get(themeCookie)?.value)
  const times = timeZoneOf(chosen.get(timesCookie)?.value)
  return (
    <html
      lang="en"
      data-theme={theme}
      data-times={times}
      className={`${GeistSans.variable} ${GeistMono.variable}`}
      suppressHydrationWarning
    >
      <body>{children}</body>
    </html>
  )
}
