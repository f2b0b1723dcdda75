'use client'
// Under the table: where the fleet's sessions talk to.
import { NewDestinations } from '../egress/new-destinations.tsx'

export function LiveLower() {
  return (
    <div className="h-[212px] shrink-0 border-t max-md:hidden [@media(max-height:760px)]:hidden">
      <NewDestinations />
    </div>
  )
}
