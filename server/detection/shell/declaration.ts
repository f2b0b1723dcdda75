// Builtins that change what is known of the shell itself: folders, variables and arguments.
import type { Environment } from './environment.ts'

const declaring = new Set(['export', 'declare', 'typeset', 'local', 'readonly'])

export function runDeclaration(name: string, argv: readonly string[], environment: Environment): void {
  if (name === 'cd' || name === 'pushd') {
    const to = argv.slice(1).find((word) => word === '-' || !word.startsWith('-'))
    environment.changeDirectory(to ?? (name === 'cd' ? '~' : '-'))
  } else if (name === 'set') {
    const dashes = argv.indexOf('--')
    if (dashes > 0) environment.arguments = argv.slice(dashes + 1)
  } else if (name === 'unset') {
    for (const word of argv.slice(1)) environment.unset(word)
  } else if (declaring.has(name)) {
    for (const word of argv.slice(1)) {
      const equals = word.indexOf('=')
      if (equals <= 0 || word.startsWith('-')) continue
      const value = word.slice(equals + 1)
      // A value that kept its dollar is not known.
      if (value.includes('$')) environment.unset(word.slice(0, equals))
      else environment.set(word.slice(0, equals), { value, items: undefined, isCertain: true })
    }
  }
}
