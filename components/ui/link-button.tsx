// A link that looks like a button: it leads somewhere and does nothing.
import Link from 'next/link'
import type { ComponentProps } from 'react'
import { type ButtonLook, type ButtonSize, buttonClass } from './button.tsx'
import { classNames } from './class-names.ts'

type Props = ComponentProps<typeof Link> & { look?: ButtonLook; size?: ButtonSize }

export function LinkButton({ look, size, className, ...rest }: Props) {
  return (
    <Link prefetch={false} className={classNames(buttonClass({ look, size }), 'max-md:h-11', className)} {...rest} />
  )
}
