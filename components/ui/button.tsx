// Buttons in the few weights the console has. On touch screens every one is at least 44 px high.
import { cva, type VariantProps } from 'class-variance-authority'
import type { ComponentProps } from 'react'
import { classNames } from './class-names.ts'

export const buttonClass = cva(
  'inline-flex shrink-0 items-center justify-center gap-1.5 whitespace-nowrap rounded-md border font-medium transition-colors disabled:cursor-not-allowed aria-disabled:cursor-not-allowed [&_svg]:size-3.5 [&_svg]:shrink-0',
  {
    variants: {
      look: {
        control: 'border-line-strong bg-raised text-ink hover:border-faint',
        quiet: 'border-line bg-transparent text-muted hover:bg-raised hover:text-ink',
        bare: 'border-transparent bg-transparent text-muted hover:bg-raised hover:text-ink',
        // Opaque: they stand on tinted rows too, and must stay readable there.
        frozen:
          'border-frozen/30 bg-[color-mix(in_srgb,var(--frozen)_12%,var(--panel))] text-frozen hover:bg-[color-mix(in_srgb,var(--frozen)_20%,var(--panel))]',
        warn: 'border-warn/40 bg-warn/10 text-warn hover:bg-warn/15',
        critical: 'border-critical bg-critical text-on-critical hover:opacity-90',
        danger:
          'border-critical/60 bg-panel text-critical hover:bg-[color-mix(in_srgb,var(--critical)_10%,var(--panel))]',
        revoked:
          'border-revoked/35 bg-[color-mix(in_srgb,var(--revoked)_14%,var(--panel))] text-revoked hover:bg-[color-mix(in_srgb,var(--revoked)_22%,var(--panel))]',
        primary: 'border-ink bg-ink text-canvas hover:opacity-90',
        off: 'border-line bg-transparent text-faint',
      },
      size: {
        row: 'h-7 px-2.5 text-sm',
        bar: 'h-7 px-2.5 text-sm',
        form: 'h-9 px-3 text-base',
        touch: 'h-11 min-w-11 px-3 text-base',
      },
    },
    defaultVariants: { look: 'control', size: 'bar' },
  },
)

export type ButtonLook = NonNullable<VariantProps<typeof buttonClass>['look']>
export type ButtonSize = NonNullable<VariantProps<typeof buttonClass>['size']>
type Props = ComponentProps<'button'> & VariantProps<typeof buttonClass>

export function Button({ look, size, className, type = 'button', ...rest }: Props) {
  return <button type={type} className={classNames(buttonClass({ look, size }), className)} {...rest} />
}
