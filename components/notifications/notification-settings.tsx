'use client'
// Reaching people: routes, where messages link to, and the log.
import { BellPlus } from 'lucide-react'
import { useState } from 'react'
import { z } from 'zod'
import { NotificationRouteView } from '../../server/protocol/notification-view.ts'
import { useWhyNotAdmin } from '../containment/use-role.ts'
import { AskAgain } from '../settings/asked.tsx'
import { listClass, Section } from '../settings/section.tsx'
import { ShownOnce } from '../settings/shown-once.tsx'
import { useListed } from '../settings/use-listed.ts'
import { useOperator } from '../shell/operator.tsx'
import { Button } from '../ui/button.tsx'
import { visibleText } from '../ui/visible-text.ts'
import { AddressForm } from './address-form.tsx'
import { DeliveryLog } from './delivery-log.tsx'
import { RouteForm } from './route-form.tsx'
import { RouteLine } from './route-line.tsx'

const Routes = z.object({ routes: z.array(NotificationRouteView) })

export function NotificationSettings() {
  const why = useWhyNotAdmin()
  const operator = useOperator()
  const isAdmin = operator?.role === 'admin'
  const { value, problem, again } = useListed('/api/notification-routes', Routes, isAdmin)
  const [adding, setAdding] = useState(false)
  const [secret, setSecret] = useState<{ name: string; text: string }>()
  return (
    <Section
      title="Notifications"
      says="Who is reached without looking at this console: when an action waits for a person, a session is flagged, a control fails or a host is lost. Each is told once, tried again for a day, told when it is over, and kept in the log below. The bell above is the alarm of this browser alone."
      why={why}
    >
      {secret && (
        <ShownOnce
          title={`Signing secret of ${visibleText(secret.name, { max: 80 })}`}
          says="Put it into the receiver now. It is not shown again; whoever has it can speak for Vigil."
          text={secret.text}
          onDone={() => setSecret(undefined)}
        />
      )}
      <AskAgain problem={problem} again={again} />
      {value && value.routes.length > 0 && (
        <ul aria-label="Notification routes" className={listClass}>
          {value.routes.map((route) => (
            <RouteLine key={route.id} route={route} onChanged={again} />
          ))}
        </ul>
      )}
      {value && value.routes.length === 0 && !adding && (
        <p className="rounded-lg border px-4 py-4 text-muted">
          None yet: nobody is reached who does not look at the console.
        </p>
      )}
      {why === undefined && value && !adding && (
        <Button className="mt-3 max-md:h-11" onClick={() => setAdding(true)}>
          <BellPlus aria-hidden /> Add a route
        </Button>
      )}
      {adding && (
        <RouteForm
          onCancel={() => setAdding(false)}
          onAdded={({ route, secret: text }) => {
            setAdding(false)
            if (text !== undefined) setSecret({ name: route.name, text })
            void again()
          }}
        />
      )}
      {isAdmin && <AddressForm />}
      {isAdmin && <DeliveryLog />}
    </Section>
  )
}
