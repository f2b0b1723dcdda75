// The heading of a page inside the room of rules: the way back to the list.
import { ChevronLeft } from 'lucide-react'
import Link from 'next/link'

export function RoomTitle() {
  return (
    <Link href="/rules" className="-ml-1 flex items-center gap-0.5 rounded-sm pr-1 hover:underline max-md:h-11">
      <ChevronLeft aria-hidden className="size-4 shrink-0 text-muted" /> Rules
    </Link>
  )
}
