'use client'
// Under the table, where the screen is high enough: what the fleet's GPUs do, and where its sessions talk to.
import { NewDestinations } from '../egress/new-destinations.tsx'
import { LiveHeatMap } from '../gpus/live-heat-map.tsx'

export function LiveLower() {
  return (
    <div className="grid h-[212px] shrink-0 contain-strict grid-cols-[minmax(0,1fr)_minmax(0,1fr)] border-t max-md:hidden [@media(max-height:760px)]:hidden">
      <LiveHeatMap />
      <div className="flex min-h-0 min-w-0 flex-col border-l">
        <NewDestinations />
      </div>
    </div>
  )
}
