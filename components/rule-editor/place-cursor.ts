// Puts the cursor at a place of the text and the place into the middle of the field.
import { offsetOf } from './text-place.ts'

export function placeCursor(field: HTMLTextAreaElement, line: number, column: number): void {
  const at = offsetOf(field.value, line, column)
  field.focus({ preventScroll: true })
  field.setSelectionRange(at, at)
  const height = Number.parseFloat(getComputedStyle(field).lineHeight)
  field.scrollTop = Math.max(0, (line - 1) * height - field.clientHeight / 2)
  field.scrollIntoView({ block: 'nearest' })
}
