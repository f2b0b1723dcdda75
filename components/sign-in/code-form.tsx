'use client'
// The second step of signing in: a code from the authenticator, or one of the backup codes.
import { type FormEvent, useState } from 'react'
import { Button } from '../ui/button.tsx'
import { codeWords, isOver, noAnswerWords } from './door-words.ts'
import { FormField, FormProblem } from './form-field.tsx'
import { postAuth } from './post-auth.ts'

type Props = {
  onIn: () => void
  /** Back to the password, with what to say there. */
  onBack: (problem?: string) => void
}

export function CodeForm({ onIn, onBack }: Props) {
  const [isBackup, setIsBackup] = useState(false)
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const code = String(new FormData(event.currentTarget).get('code') ?? '')
    setBusy(true)
    setProblem(undefined)
    try {
      const answer = await (isBackup
        ? postAuth('/two-factor/verify-backup-code', { code: code.trim() })
        : postAuth('/two-factor/verify-totp', { code: code.replaceAll(/\s/g, '') }))
      if (answer.status < 300) return onIn()
      if (isOver(answer)) return onBack(codeWords(answer))
      setProblem(isBackup && answer.status === 401 ? 'This backup code is not right, or was used.' : codeWords(answer))
    } catch {
      setProblem(noAnswerWords)
    }
    setBusy(false)
  }
  return (
    <form method="post" onSubmit={(event) => void submit(event)}>
      {problem && <FormProblem>{problem}</FormProblem>}
      {isBackup ? (
        <FormField
          key="backup"
          label="Backup code"
          name="code"
          required
          autoFocus
          autoComplete="off"
          spellCheck={false}
          hint="One of those that were shown when you set this up. Each works once."
        />
      ) : (
        <FormField
          key="totp"
          label="Code"
          name="code"
          required
          autoFocus
          inputMode="numeric"
          autoComplete="one-time-code"
          pattern="[0-9 ]{6,7}"
          title="Six digits"
          hint="The six digits that your authenticator shows for Vigil."
        />
      )}
      <Button type="submit" look="primary" size="form" disabled={busy} className="mt-1 w-full max-md:h-11">
        {busy ? 'Checking…' : 'Sign in'}
      </Button>
      <div className="mt-3 flex flex-wrap justify-between gap-2 max-md:[&>button]:h-11">
        <Button
          look="quiet"
          onClick={() => {
            setIsBackup(!isBackup)
            setProblem(undefined)
          }}
        >
          {isBackup ? 'Use the authenticator' : 'Use a backup code'}
        </Button>
        <Button look="quiet" onClick={() => onBack()}>
          Back
        </Button>
      </div>
    </form>
  )
}
