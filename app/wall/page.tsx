// The wallboard: a page without shell, for a screen that nobody sits at. Its link's token stays in the browser.
import type { Metadata } from 'next'
import { WallBoard } from '../../components/wall/wall-board.tsx'

export const metadata: Metadata = { title: 'Wallboard', referrer: 'no-referrer' }

export default function Page() {
  return <WallBoard />
}
