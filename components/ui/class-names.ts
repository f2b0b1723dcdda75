// Joins class names; the later Tailwind class wins. Never feed it text that came over the wire.
import { type ClassValue, clsx } from 'clsx'
import { extendTailwindMerge } from 'tailwind-merge'

const merge = extendTailwindMerge({ extend: { classGroups: { 'font-size': [{ text: ['2xs'] }] } } })

export function classNames(...values: ClassValue[]): string {
  return merge(clsx(values))
}
