// Steps over the options of a wrapper to the command that it runs.

export type OptionRules = {
  /** Short options that take a value: `-u root`, `-uroot`. */
  short: string
  /** Long options that take their value as the next word; `--name=value` is always one word. */
  long?: readonly string[]
  /** Long options that take none, where every other one does (docker run). */
  flags?: ReadonlySet<string>
}

export type Options = {
  /** Index of the first word that is no option. */
  next: number
  /** Value of a short or long option, the last one given. */
  value: (name: string) => string | undefined
  has: (name: string) => boolean
}

export function readOptions(argv: readonly string[], from: number, rules: OptionRules): Options {
  const values = new Map<string, string>()
  let i = from
  while (i < argv.length) {
    const word = argv[i] ?? ''
    if (word === '--') {
      i++
      break
    }
    if (word.length < 2 || word.charCodeAt(0) !== 45) break
    if (word.startsWith('--')) {
      const equals = word.indexOf('=')
      const name = equals < 0 ? word : word.slice(0, equals)
      if (equals >= 0) values.set(name, word.slice(equals + 1))
      else if (rules.long?.includes(name) || (rules.flags && !rules.flags.has(name))) values.set(name, argv[++i] ?? '')
      else values.set(name, '')
    } else {
      for (let letter = 1; letter < word.length; letter++) {
        const name = word.charAt(letter)
        if (!rules.short.includes(name)) values.set(`-${name}`, '')
        else {
          values.set(`-${name}`, letter + 1 < word.length ? word.slice(letter + 1) : (argv[++i] ?? ''))
          break
        }
      }
    }
    i++
  }
  return { next: i, value: (name) => values.get(name), has: (name) => values.has(name) }
}
