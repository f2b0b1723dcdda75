'use client'
// Email and password; leads back to the page that asked for it.
import { type FormEvent, useState } from 'react'
import { Button } from '../ui/button.tsx'
import { AuthCard } from './auth-card.tsx'
import { FormField, FormProblem } from './form-field.tsx'
import { safeNext } from './safe-next.ts'
import { useReady } from './use-ready.ts'

export function SignInForm() {
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)
  const ready = useReady()
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    setBusy(true)
    setProblem(undefined)
    try {
      const { authClient } = await import('./auth-client.ts')
      const { error } = await authClient().signIn.email({
        email: String(form.get('email')),
        password: String(form.get('password')),
      })
      if (!error) {
        window.location.assign(safeNext(new URLSearchParams(window.location.search).get('next')))
        return
      }
      setProblem(wordsFor(error.status))
    } catch {
      setProblem('The server does not answer. Check that Vigil is running, then try again.')
    }
    setBusy(false)
  }
  return (
    <AuthCard
      title="Sign in to Vigil"
      says="Watch agents live, stop one in a click, and see the proof that it stopped."
    >
      {/* Should it ever be sent without our handler, a password must not end up in the address. */}
      <form method="post" onSubmit={(event) => void submit(event)}>
        {problem && <FormProblem>{problem}</FormProblem>}
        <FormField label="Email" name="email" type="email" autoComplete="username" required autoFocus />
        <FormField label="Password" name="password" type="password" autoComplete="current-password" required />
        <Button type="submit" look="primary" size="form" disabled={busy || !ready} className="mt-1 w-full max-md:h-11">
          {busy ? 'Signing in…' : 'Sign in'}
        </Button>
      </form>
    </AuthCard>
  )
}

function wordsFor(status: number): string {
  if (status === 429) return 'Too many tries. Wait a minute, then try again.'
  if (status >= 500) return 'The server could not check this. Nothing is wrong with your password.'
  return 'Email or password is not right.'
}
