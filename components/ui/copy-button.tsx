'use client'
// Copies a text, and says whether the browser let it: without a secure address it may not.
import { Check, Copy } from 'lucide-react'
import { useState } from 'react'
import { Button, type ButtonLook } from './button.tsx'

type Props = {
  text: string
  /** What is copied, for those who do not see what stands beside it. */
  label?: string
  look?: ButtonLook
  className?: string
  onAnswer?: (copied: boolean) => void
}

export function CopyButton({ text, label, look = 'quiet', className, onAnswer }: Props) {
  const [copied, setCopied] = useState<'yes' | 'no'>()
  const copy = async () => {
    // `navigator.clipboard` does not exist at all on an insecure address.
    const done = await Promise.resolve()
      .then(() => navigator.clipboard.writeText(text))
      .then(
        () => true,
        () => false,
      )
    setCopied(done ? 'yes' : 'no')
    onAnswer?.(done)
  }
  return (
    <Button look={look} className={className} onClick={() => void copy()}>
      {copied === 'yes' ? <Check aria-hidden /> : <Copy aria-hidden />}
      <span aria-live="polite">{copied === 'yes' ? 'Copied' : copied === 'no' ? 'Copy by hand' : 'Copy'}</span>
      {label !== undefined && <span className="sr-only"> {label}</span>}
    </Button>
  )
}
