'use client'
// Changes what a route is told of. Where it leads stays: that is another route.
import type { FormEvent } from 'react'
import type { NotificationRouteView } from '../../server/protocol/notification-view.ts'
import { Button } from '../ui/button.tsx'
import { CoverageFields, coverageOf } from './coverage-fields.tsx'

type Props = {
  route: NotificationRouteView
  busy: boolean
  onSave: (wanted: ReturnType<typeof coverageOf>) => void
  onCancel: () => void
}

export function CoverageForm({ route, busy, onSave, onCancel }: Props) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    onSave(coverageOf(new FormData(event.currentTarget)))
  }
  return (
    <form method="post" onSubmit={submit} className="mt-3 grid grid-cols-2 gap-x-4 gap-y-3 max-md:grid-cols-1">
      <CoverageFields now={route} />
      <div className="col-span-full flex justify-end gap-2 max-md:[&>button]:h-11 max-md:[&>button]:flex-1">
        <Button look="quiet" size="form" onClick={onCancel}>
          Cancel
        </Button>
        <Button type="submit" look="primary" size="form" disabled={busy}>
          Save
        </Button>
      </div>
    </form>
  )
}
