'use client'
// Adds a webhook: where it is asked, what it can take away, and where the effect can be read.
import { type FormEvent, useState } from 'react'
import { AbilityName } from '../../server/protocol/ability.ts'
import { Button } from '../ui/button.tsx'
import { type ApiProblem, apiCall } from './api-call.ts'
import { Field, inputClass, ProblemLine } from './section.tsx'
import { WebhookAdded } from './webhook.ts'

export function WebhookForm({ onAdded, onCancel }: { onAdded: (made: WebhookAdded) => void; onCancel: () => void }) {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<ApiProblem>()
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const text = (name: string) => String(form.get(name) ?? '').trim()
    setBusy(true)
    const answer = await apiCall('POST', '/api/webhooks', WebhookAdded, {
      name: text('name'),
      url: text('url'),
      capabilities: form.getAll('capability').map(String),
      ...(text('verifyUrl') !== '' && { verifyUrl: text('verifyUrl') }),
    })
    setBusy(false)
    setProblem(answer.problem)
    if (answer.value) onAdded(answer.value)
  }
  return (
    <form
      method="post"
      onSubmit={(event) => void submit(event)}
      className="mt-3 grid grid-cols-2 gap-x-4 gap-y-3 rounded-lg border border-line-strong bg-panel p-4 max-md:grid-cols-1"
    >
      <Field label="Name">
        {(ties) => (
          <input
            {...ties}
            name="name"
            required
            maxLength={100}
            autoComplete="off"
            placeholder="vault-prod"
            className={inputClass}
          />
        )}
      </Field>
      <Field label="Address that is asked">
        {(ties) => (
          <input
            {...ties}
            name="url"
            type="url"
            required
            autoComplete="off"
            placeholder="https://vault.example/hooks/vigil"
            className={inputClass}
          />
        )}
      </Field>
      <fieldset className="min-w-0">
        <legend className="mb-1 text-sm text-muted">What it can take away</legend>
        <div className="flex flex-wrap gap-x-4 gap-y-1">
          {AbilityName.options.map((name) => (
            <label key={name} className="flex h-7 items-center gap-1.5 max-md:h-11">
              <input type="checkbox" name="capability" value={name} className="size-3.5 accent-info" />
              {name}
            </label>
          ))}
        </div>
      </fieldset>
      <Field
        label="Address where the effect can be read (optional)"
        hint="Without it nothing that it does counts as enforced."
      >
        {(ties) => <input {...ties} name="verifyUrl" type="url" autoComplete="off" className={inputClass} />}
      </Field>
      <div className="col-span-full">
        <ProblemLine problem={problem} />
        <div className="mt-1 flex justify-end gap-2 max-md:[&>button]:h-11 max-md:[&>button]:flex-1">
          <Button look="quiet" size="form" onClick={onCancel}>
            Cancel
          </Button>
          <Button type="submit" look="primary" size="form" disabled={busy}>
            {busy ? 'Adding…' : 'Add the webhook'}
          </Button>
        </div>
      </div>
    </form>
  )
}
