'use client'
// Linking one's own account to the provider of single sign-on: from here, signed in, so that no provider can take an account over by itself.
import { CircleCheck, CircleSlash } from 'lucide-react'
import { useEffect, useState } from 'react'
import { z } from 'zod'
import { noAnswerWords, singleSignOnWords } from '../sign-in/door-words.ts'
import { leaveForProvider, singleSignOnName } from '../sign-in/single-sign-on.ts'
import { Button } from '../ui/button.tsx'
import { HostileText } from '../ui/hostile-text.tsx'
import { ProblemLine, Section } from './section.tsx'
import { useListed } from './use-listed.ts'

const Accounts = z.array(z.object({ providerId: z.string() }))
const askEveryMs = 60_000

export function SingleSignOnSettings() {
  const [name, setName] = useState<string>()
  const [words, setWords] = useState<string>()
  const { value, problem } = useListed('/api/auth/list-accounts', Accounts, name !== undefined, askEveryMs)
  useEffect(() => {
    const abort = new AbortController()
    void singleSignOnName(abort.signal).then((found) => !abort.signal.aborted && setName(found))
    const error = new URLSearchParams(window.location.search).get('error')
    if (error !== null) setWords(singleSignOnWords(error))
    return () => abort.abort()
  }, [])
  if (name === undefined) return null
  const isLinked = value?.some(({ providerId }) => providerId === 'oidc')
  const link = async () => {
    const here = { callbackURL: '/settings', errorCallbackURL: '/settings' }
    setWords(await leaveForProvider('/link-social', here).catch(() => noAnswerWords))
  }
  return (
    <Section
      title="Single sign-on"
      says={
        <>
          Sign in with <HostileText text={name} max={60} />. Who was invited is known by their verified email address;
          who has a password links the two here, once.
        </>
      }
    >
      <ProblemLine problem={words === undefined ? problem : { title: words, detail: '' }} />
      {isLinked !== undefined && (
        <div className="mt-2 flex flex-wrap items-center gap-x-6 gap-y-2 rounded-lg border bg-panel px-4 py-3 max-md:px-3">
          <p className="flex min-w-0 flex-1 basis-56 items-center gap-2">
            {isLinked ? (
              <>
                <CircleCheck aria-hidden className="size-3.5 text-ok" /> Your account is linked
              </>
            ) : (
              <>
                <CircleSlash aria-hidden className="size-3.5 text-muted" /> Your account is not linked
              </>
            )}
          </p>
          {!isLinked && (
            <Button className="max-md:h-11 max-md:w-full" onClick={() => void link()}>
              Link my account
            </Button>
          )}
        </div>
      )}
    </Section>
  )
}
