// The heading of a page inside the room of rules: the way back to the list.
import { ChevronLeft } from 'lucide-react'
import Link from 'next/link'

export function RoomTitle() {
  return (
    <Link href="/rules" className="inline-flex items-center gap-1 underline-offset-4 hover:underline max-md:py-2">
      <ChevronLeft aria-hidden className="size-4 text-muted" /> Rules
    </Link>
  )
}
