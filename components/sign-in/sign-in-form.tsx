'use client'
// Email and password, or single sign-on, then a code where one is due; leads back to the page that asked for it.
import { type FormEvent, useEffect, useState } from 'react'
import { Button } from '../ui/button.tsx'
import { visibleText } from '../ui/visible-text.ts'
import { AuthCard } from './auth-card.tsx'
import { CodeForm } from './code-form.tsx'
import { noAnswerWords, passwordWords, singleSignOnWords } from './door-words.ts'
import { FormField, FormProblem } from './form-field.tsx'
import { postAuth } from './post-auth.ts'
import { safeNext } from './safe-next.ts'
import { leaveForProvider, singleSignOnName } from './single-sign-on.ts'
import { useReady } from './use-ready.ts'

export function SignInForm() {
  const [step, setStep] = useState<'password' | 'code'>('password')
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)
  const ready = useReady()
  const [provider, setProvider] = useState<string>()
  useEffect(() => {
    const asked = new URLSearchParams(window.location.search)
    if (asked.get('step') === 'code') setStep('code')
    const error = asked.get('error')
    if (error !== null) setProblem(singleSignOnWords(error))
    const abort = new AbortController()
    void singleSignOnName(abort.signal).then((name) => !abort.signal.aborted && setProvider(name))
    return () => abort.abort()
  }, [])
  const leave = async () => {
    setBusy(true)
    const callbackURL = safeNext(new URLSearchParams(window.location.search).get('next'))
    const ways = { callbackURL, errorCallbackURL: '/sign-in' }
    setProblem(await leaveForProvider('/sign-in/social', ways).catch(() => noAnswerWords))
    setBusy(false)
  }
  const goOn = () => window.location.assign(safeNext(new URLSearchParams(window.location.search).get('next')))
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    setBusy(true)
    setProblem(undefined)
    try {
      const answer = await postAuth('/sign-in/email', {
        email: String(form.get('email')),
        password: String(form.get('password')),
      })
      if (answer.needsCode) setStep('code')
      else if (answer.status < 300) return goOn()
      else setProblem(passwordWords(answer))
    } catch {
      setProblem(noAnswerWords)
    }
    setBusy(false)
  }
  if (step === 'code') {
    return (
      <AuthCard title="Enter your code" says="So far so good. Your account takes a second factor as well.">
        <CodeForm
          onIn={goOn}
          onBack={(why) => {
            setProblem(why)
            setStep('password')
          }}
        />
      </AuthCard>
    )
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
      {provider !== undefined && (
        <Button size="form" disabled={busy || !ready} className="mt-3 w-full max-md:h-11" onClick={() => void leave()}>
          <span className="truncate">Continue with {visibleText(provider, { max: 60 })}</span>
        </Button>
      )}
    </AuthCard>
  )
}
