'use client'
// A room of which only the present is known: showing that as the past would be a lie.
import { History } from 'lucide-react'
import { Button } from '../ui/button.tsx'
import { Notice } from '../ui/notice.tsx'
import { useReplay } from './replay-context.tsx'

export function NotKept({ name }: { name: string }) {
  const replay = useReplay()
  return (
    <Notice icon={<History aria-hidden />} title={`${name} cannot be shown in the past`}>
      <p>
        Only what is so now is known of it: rules, sources, drills and settings are those of now. Every other room is
        shown as it was at this moment; who changed what by then is in the audit.
      </p>
      <Button className="mt-3 max-md:h-11" onClick={() => replay?.back()}>
        Back to live
      </Button>
    </Notice>
  )
}
