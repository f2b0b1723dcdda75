// The heading of one GPU's page: the way back to the fleet.
import { ChevronLeft } from 'lucide-react'
import Link from 'next/link'

export function GpuRoomTitle() {
  return (
    <Link href="/gpus" className="-ml-1 flex items-center gap-0.5 rounded-sm pr-1 hover:underline max-md:h-11">
      <ChevronLeft aria-hidden className="size-4 shrink-0 text-muted" /> GPUs
    </Link>
  )
}
