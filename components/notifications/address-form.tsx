'use client'
// Under which address people reach this console: messages link to it. A server cannot know it by itself.
import { type FormEvent, useState } from 'react'
import { ConsoleAddress } from '../../server/protocol/notification-view.ts'
import { type ApiProblem, apiCall } from '../settings/api-call.ts'
import { Field, inputClass, ProblemLine } from '../settings/section.tsx'
import { useListed } from '../settings/use-listed.ts'
import { Button } from '../ui/button.tsx'

const path = '/api/notification-address'

export function AddressForm() {
  const { value, problem, again } = useListed(path, ConsoleAddress, true, 60_000)
  const [refused, setRefused] = useState<ApiProblem>()
  const [busy, setBusy] = useState(false)
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const text = String(new FormData(event.currentTarget).get('consoleUrl') ?? '').trim()
    setBusy(true)
    setRefused((await apiCall('PUT', path, ConsoleAddress, text === '' ? {} : { consoleUrl: text })).problem)
    await again()
    setBusy(false)
  }
  if (!value) return <ProblemLine problem={problem} />
  const { consoleUrl } = value
  return (
    <form
      key={consoleUrl ?? ''}
      method="post"
      aria-label="Address of this console"
      onSubmit={(event) => void submit(event)}
      className="mt-5"
    >
      <Field
        label="Address of this console, for links in messages"
        hint={consoleUrl === undefined ? 'Not set: messages name the page, and carry no link.' : 'Messages link to it.'}
      >
        {(ties) => (
          <span className="flex gap-2">
            <input
              {...ties}
              name="consoleUrl"
              type="url"
              autoComplete="off"
              defaultValue={consoleUrl ?? ''}
              placeholder="https://vigil.example"
              className={inputClass}
            />
            <Button type="submit" size="form" disabled={busy} className="max-md:h-11">
              Save
            </Button>
          </span>
        )}
      </Field>
      <ProblemLine problem={refused} />
    </form>
  )
}
