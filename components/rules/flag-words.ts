// What of a flag's matches is shown where there is room for one. Pure.

/** The longest: a whole command says more than the program's name. Hostile text. */
export function tellingValue(values: readonly string[]): string {
  return values.reduce((best, value) => (value.length > best.length ? value : best), '')
}
