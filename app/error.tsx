'use client'
// What a person sees when a page breaks: that the agents are not affected, and how to go on.
import { TriangleAlert } from 'lucide-react'
import { useEffect } from 'react'
import { Button } from '../components/ui/button.tsx'
import { Notice } from '../components/ui/notice.tsx'

export default function ErrorPage({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  useEffect(() => console.error('vigil: page failed', error), [error])
  return (
    <main>
      <Notice icon={<TriangleAlert aria-hidden />} title="This page broke">
        <p>
          Controls that were asked for go on without it; nothing was undone.{error.digest && ` Error ${error.digest}.`}
        </p>
        <span className="mt-4 flex justify-center gap-2">
          <Button look="primary" onClick={reset}>
            Draw it again
          </Button>
          <Button onClick={() => window.location.reload()}>Reload</Button>
        </span>
      </Notice>
    </main>
  )
}
