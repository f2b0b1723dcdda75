'use client'
// Sets a password with a one-time link: the first admin's, printed when the server started, or an invitation's.
import { type FormEvent, useState } from 'react'
import { z } from 'zod'
import { Button } from '../ui/button.tsx'
import { visibleText } from '../ui/visible-text.ts'
import { AuthCard } from './auth-card.tsx'
import { FormField, FormProblem } from './form-field.tsx'
import { useReady } from './use-ready.ts'

const ProblemDetails = z.object({ title: z.string().optional(), detail: z.string().optional() })

/** What the server says of who was set up: an invited person's email is the invitation's. */
const SetUp = z.object({ operator: z.object({ email: z.string() }) })

export function SetupForm({ token }: { token: string }) {
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)
  const ready = useReady()
  const isInvited = token.startsWith('inv_')
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const name = String(form.get('name')).trim()
    const email = String(form.get('email'))
    const password = String(form.get('password'))
    setBusy(true)
    setProblem(undefined)
    try {
      const response = await fetch('/api/setup', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          token: token || String(form.get('token') ?? ''),
          password,
          ...(!isInvited && { email, name }),
        }),
      })
      if (response.status === 201) {
        const { authClient } = await import('./auth-client.ts')
        const made = SetUp.parse(await response.json())
        const { error } = await authClient().signIn.email({ email: made.operator.email, password })
        window.location.assign(error ? '/sign-in' : '/live')
        return
      }
      const said = ProblemDetails.safeParse(await response.json().catch(() => ({})))
      setProblem(
        visibleText(
          (said.success && (said.data.detail ?? said.data.title)) || `The server answered ${response.status}.`,
          { max: 300 },
        ),
      )
    } catch {
      setProblem('The server does not answer. Check that Vigil is running, then try again.')
    }
    setBusy(false)
  }
  return (
    <AuthCard
      title={isInvited ? 'Join Vigil' : 'Set up Vigil'}
      says={
        isInvited
          ? 'You were invited to this console. Choose your password: this link works once.'
          : 'You become the first admin. This page works once, with the link that the server printed when it started.'
      }
    >
      {/* Should it ever be sent without our handler, a password must not end up in the address. */}
      <form method="post" onSubmit={(event) => void submit(event)}>
        {problem && <FormProblem>{problem}</FormProblem>}
        {token === '' && (
          <FormField
            label="Set-up token"
            name="token"
            required
            autoComplete="off"
            hint="The part after token= in the printed link."
          />
        )}
        {!isInvited && (
          <>
            <FormField
              label="Name"
              name="name"
              autoComplete="name"
              required
              hint="Shown beside every control that you ask for."
            />
            <FormField label="Email" name="email" type="email" autoComplete="username" required />
          </>
        )}
        <FormField
          label="Password"
          name="password"
          type="password"
          autoComplete="new-password"
          minLength={12}
          maxLength={128}
          required
          hint="At least 12 characters."
        />
        <Button type="submit" look="primary" size="form" disabled={busy || !ready} className="mt-1 w-full max-md:h-11">
          {busy ? 'Setting up…' : isInvited ? 'Set password and sign in' : 'Create the first admin'}
        </Button>
      </form>
    </AuthCard>
  )
}
