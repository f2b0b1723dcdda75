// Commands that change what is known while walking: folders, variables, arguments, aliases, names of files.
import type { Environment } from './environment.ts'

const declaring = new Set(['export', 'declare', 'typeset', 'local', 'readonly'])

const changing = new Set([...declaring, 'cd', 'pushd', 'set', 'alias', 'unset', 'cp', 'mv', 'ln'])

export function runDeclaration(name: string, argv: readonly string[], environment: Environment): void {
  if (!changing.has(name)) return
  if (name === 'cd' || name === 'pushd') {
    const to = argv.slice(1).find((word) => word === '-' || !word.startsWith('-'))
    environment.changeDirectory(to ?? (name === 'cd' ? '~' : '-'))
  } else if (name === 'set') {
    const dashes = argv.indexOf('--')
    if (dashes > 0) environment.arguments = argv.slice(dashes + 1)
  } else if (name === 'alias') {
    for (const word of argv.slice(1)) {
      const equals = word.indexOf('=')
      if (equals > 0) environment.setAlias(word.slice(0, equals), word.slice(equals + 1))
    }
  } else if (name === 'cp' || name === 'mv' || name === 'ln') {
    copyFile(argv, environment)
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

/** What this text wrote stays known under its new name. */
function copyFile(argv: readonly string[], environment: Environment): void {
  if (!environment.hasFiles) return
  const [from, to] = argv.slice(1).filter((word) => !word.startsWith('-'))
  const text = from === undefined ? undefined : environment.file(from)
  if (text === undefined || to === undefined) return
  environment.emptyFile(to)
  environment.writeFile(to, text)
}
