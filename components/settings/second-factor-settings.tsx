'use client'
// One's own second factor: set up with an authenticator, confirmed by a code, and turned off with the password. Its secret and its backup
// codes are shown once.
import { ShieldCheck } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { z } from 'zod'
import { Operator, useOperator } from '../shell/operator.tsx'
import { Button } from '../ui/button.tsx'
import { QrPicture } from '../ui/qr-picture.tsx'
import { type ApiProblem, apiCall } from './api-call.ts'
import { OnOff } from './on-off.tsx'
import { Field, inputClass, ProblemLine, Section } from './section.tsx'
import { ShownOnce } from './shown-once.tsx'
import { totpSecret } from './totp-secret.ts'
import { useListed } from './use-listed.ts'

const Me = z.object({ operator: Operator })
const Begun = z.object({ totpURI: z.string(), backupCodes: z.array(z.string()) })
type Begun = z.infer<typeof Begun>
const Made = z.object({ backupCodes: z.array(z.string()) })
const Done = z.object({})
const meEveryMs = 60_000

/** What is asked for the password: each stands where its button was. */
type Asking = 'enable' | 'disable' | 'codes'
const asked: Readonly<Record<Asking, { verb: string; path: string }>> = {
  enable: { verb: 'Go on', path: '/api/auth/two-factor/enable' },
  disable: { verb: 'Turn it off', path: '/api/auth/two-factor/disable' },
  codes: { verb: 'Make new codes', path: '/api/auth/two-factor/generate-backup-codes' },
}

export function SecondFactorSettings() {
  const { value, problem, again } = useListed('/api/me', Me, true, meEveryMs)
  const [asking, setAsking] = useState<Asking>()
  const [begun, setBegun] = useState<Begun>()
  const [codes, setCodes] = useState<readonly string[]>()
  const me = value?.operator
  // What this page may do was asked when it was opened.
  const waited = useOperator()?.waits !== undefined
  const givePassword = async (password: string): Promise<ApiProblem | undefined> => {
    if (asking === undefined) return undefined
    const body = password === '' ? {} : { password }
    if (asking === 'enable') {
      const answer = await apiCall('POST', asked.enable.path, Begun, body)
      if (answer.value) setBegun(answer.value)
      else return answer.problem
    } else if (asking === 'codes') {
      const answer = await apiCall('POST', asked.codes.path, Made, body)
      if (answer.value) setCodes(answer.value.backupCodes)
      else return answer.problem
    } else {
      const answer = await apiCall('POST', asked.disable.path, Done, body)
      if (answer.problem) return answer.problem
      setCodes(undefined)
      await again()
    }
    setAsking(undefined)
    return undefined
  }
  return (
    <div id="second-factor">
      <Section
        title="Your second factor"
        says="Signing in then takes a code from an authenticator app as well as your password. Turning it on signs you out everywhere else."
      >
        {me?.waits !== undefined && (
          <p className="mb-3 text-warn">
            Here a second factor is required: until you have one, you read. Your role is {me.waits} from then on.
          </p>
        )}
        {codes && (
          <ShownOnce
            title="Your backup codes"
            says="Each signs you in once when the authenticator is not at hand. Keep them apart from it: they are not shown again, and new ones end these."
            text={codes.join('\n')}
            onDone={() => (waited ? window.location.reload() : setCodes(undefined))}
          />
        )}
        <ProblemLine problem={problem} />
        {me && !begun && (
          <div className="rounded-lg border bg-panel px-4 py-3 max-md:px-3">
            <div className="flex flex-wrap items-center gap-x-6 gap-y-2">
              <p className="flex min-w-0 flex-1 basis-56 items-center gap-2">
                Authenticator app <OnOff on={me.twoFactor === true} />
              </p>
              {asking === undefined && (
                <span className="flex flex-wrap gap-2 max-md:w-full max-md:[&>*]:h-11 max-md:[&>*]:flex-1">
                  {me.twoFactor ? (
                    <>
                      <Button onClick={() => setAsking('codes')}>New backup codes</Button>
                      <Button onClick={() => setAsking('disable')}>Turn off</Button>
                    </>
                  ) : (
                    <Button onClick={() => setAsking('enable')}>
                      <ShieldCheck aria-hidden /> Set up
                    </Button>
                  )}
                </span>
              )}
            </div>
            {asking && (
              <PasswordForm
                key={asking}
                verb={asked[asking].verb}
                onGiven={givePassword}
                onCancel={() => setAsking(undefined)}
              />
            )}
          </div>
        )}
        {begun && (
          <ConfirmForm
            begun={begun}
            onConfirmed={() => {
              setCodes(begun.backupCodes)
              setBegun(undefined)
              void again()
            }}
            onCancel={() => setBegun(undefined)}
          />
        )}
      </Section>
    </div>
  )
}

type PasswordFormProps = {
  verb: string
  onGiven: (password: string) => Promise<ApiProblem | undefined>
  onCancel: () => void
}

function PasswordForm({ verb, onGiven, onCancel }: PasswordFormProps) {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<ApiProblem>()
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const password = String(new FormData(event.currentTarget).get('password') ?? '')
    setBusy(true)
    const refused = await onGiven(password)
    setBusy(false)
    setProblem(refused)
  }
  return (
    <form method="post" onSubmit={(event) => void submit(event)} className="mt-3 max-w-sm">
      <Field label="Your password">
        {(ties) => (
          <input {...ties} name="password" type="password" autoComplete="current-password" className={inputClass} />
        )}
      </Field>
      <ProblemLine problem={problem} />
      <Buttons busy={busy} verb={verb} onCancel={onCancel} />
    </form>
  )
}

function ConfirmForm({
  begun,
  onConfirmed,
  onCancel,
}: {
  begun: Begun
  onConfirmed: () => void
  onCancel: () => void
}) {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<ApiProblem>()
  const secret = totpSecret(begun.totpURI)
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const code = String(new FormData(event.currentTarget).get('code') ?? '').replaceAll(/\s/g, '')
    setBusy(true)
    const answer = await apiCall('POST', '/api/auth/two-factor/verify-totp', Done, { code })
    setBusy(false)
    setProblem(answer.problem)
    if (answer.value) onConfirmed()
  }
  return (
    <form
      method="post"
      onSubmit={(event) => void submit(event)}
      className="rounded-lg border border-line-strong bg-panel p-4"
    >
      <div className="mb-3 flex flex-wrap gap-x-5 gap-y-3">
        <QrPicture
          text={begun.totpURI}
          label="The key, for the camera of an authenticator app"
          className="size-44 shrink-0 rounded-md"
        />
        <div className="min-w-0 flex-1 basis-64">
          <p className="max-w-prose text-pretty">
            Scan this with your authenticator app, or add an account there by hand with this key (time based, six
            digits).{' '}
            {secret !== undefined && (
              <a href={begun.totpURI} className="text-info underline">
                On this device, open the app
              </a>
            )}
          </p>
          <code
            data-testid="totp-secret"
            className="mt-3 block select-all break-words rounded-md border border-line-strong bg-canvas px-3 py-1.5 font-mono"
          >
            {secret ?? 'The server gave a key that this page cannot read: reload it.'}
          </code>
        </div>
      </div>
      <div className="max-w-sm">
        <Field label="Code" hint="What the app shows now. Nothing counts before this is right.">
          {(ties) => (
            <input
              {...ties}
              name="code"
              required
              inputMode="numeric"
              autoComplete="one-time-code"
              pattern="[0-9 ]{6,7}"
              title="Six digits"
              className={inputClass}
            />
          )}
        </Field>
        <ProblemLine problem={problem} />
        <Buttons busy={busy} verb="Confirm" onCancel={onCancel} />
      </div>
    </form>
  )
}

function Buttons({ busy, verb, onCancel }: { busy: boolean; verb: string; onCancel: () => void }) {
  return (
    <div className="mt-3 flex gap-2 max-md:[&>button]:h-11 max-md:[&>button]:flex-1">
      <Button type="submit" look="primary" size="form" disabled={busy}>
        {busy ? 'Asking…' : verb}
      </Button>
      <Button look="quiet" size="form" onClick={onCancel}>
        Cancel
      </Button>
    </div>
  )
}
