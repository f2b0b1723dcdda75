'use client'
// To whom an incident is given: those who joined and may contain, as the server tells them.
import { useState } from 'react'
import type { IncidentDetail } from '../../server/protocol/incident.ts'
import { ResponderList } from '../../server/protocol/responder-list.ts'
import { Field, inputClass, ProblemLine } from '../settings/section.tsx'
import { useListed } from '../settings/use-listed.ts'
import { visibleText } from '../ui/visible-text.ts'
import { IncidentDialog } from './incident-dialog.tsx'
import type { ChangeIncident } from './use-incidents.ts'

type Props = { incident: IncidentDetail; change: ChangeIncident; onClose: () => void }

export function AssignDialog({ incident, change, onClose }: Props) {
  const { value, problem } = useListed('/api/responders', ResponderList, true)
  const [operator, setOperator] = useState('')
  const others = (value?.responders ?? []).filter(({ id }) => id !== incident.owner?.id)
  return (
    <IncidentDialog
      title="Assign"
      says="It is theirs from then on, and the log says who gave it to them. They are not paged by this: tell them."
      word="Assign"
      onSend={operator === '' ? undefined : async () => (await change({ type: 'assign', operator })).problem}
      onClose={onClose}
    >
      <ProblemLine problem={value ? undefined : problem} />
      {value && others.length === 0 ? (
        <p>There is nobody else who could own it: it takes a responder or an admin who has joined.</p>
      ) : (
        <Field label="New owner">
          {(ties) => (
            <select
              {...ties}
              value={operator}
              disabled={!value}
              onChange={(event) => setOperator(event.target.value)}
              className={inputClass}
            >
              <option value="">{value ? 'Choose one' : 'Asking who could own it'}</option>
              {others.map(({ id, name }) => (
                <option key={id} value={id}>
                  {visibleText(name, { max: 80 })}
                </option>
              ))}
            </select>
          )}
        </Field>
      )}
    </IncidentDialog>
  )
}
