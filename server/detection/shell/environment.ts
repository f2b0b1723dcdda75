// What is known of variables, arguments, functions, files and the folder while a text is walked. Only what the text itself says is known here.
import type { Script } from './syntax.ts'

export type Variable = {
  value: string
  /** Of an array. */
  items: readonly string[] | undefined
  /** False when it was set in a branch that may not run, or from something unknown. */
  isCertain: boolean
}

export class Environment {
  directory: string | undefined
  /** `$1`, `$2`, …; undefined where the caller is not seen. */
  arguments: readonly string[] | undefined
  private variables = new Map<string, Variable>()
  private readonly functions: Map<string, Script>
  private readonly aliases: Map<string, string>
  /** Text of files that this same text wrote. */
  private readonly files: Map<string, string>

  constructor(shared?: Environment) {
    this.functions = shared?.functions ?? new Map()
    this.aliases = shared && shared.aliases.size > 0 ? new Map(shared.aliases) : new Map()
    this.files = shared?.files ?? new Map()
    this.directory = shared?.directory
    this.arguments = shared?.arguments
    if (shared && shared.variables.size > 0) this.variables = new Map(shared.variables)
  }

  /** For subshells and shells started by it: what they set stays theirs. */
  child(): Environment {
    return new Environment(this)
  }

  variable(name: string): Variable | undefined {
    return this.variables.get(name)
  }

  set(name: string, variable: Variable): void {
    if (this.variables.size < 512) this.variables.set(name, variable)
  }

  unset(name: string): void {
    this.variables.delete(name)
  }

  /** After a branch: what it set may or may not be so. */
  doubt(before: Environment): void {
    for (const [name, variable] of this.variables) {
      if (before.variables.get(name) !== variable) this.variables.set(name, { ...variable, isCertain: false })
    }
    if (before.directory !== this.directory) this.directory = undefined
  }

  functionBody(name: string): Script | undefined {
    return this.functions.size > 0 ? this.functions.get(name) : undefined
  }

  setFunction(name: string, body: Script): void {
    if (this.functions.size < 64) this.functions.set(name, body)
  }

  alias(name: string): string | undefined {
    return this.aliases.size > 0 ? this.aliases.get(name) : undefined
  }

  setAlias(name: string, value: string): void {
    if (this.aliases.size < 64) this.aliases.set(name, value)
  }

  /** An alias is not expanded within itself. */
  forgetAlias(name: string): void {
    this.aliases.delete(name)
  }

  get hasFiles(): boolean {
    return this.files.size > 0
  }

  file(path: string): string | undefined {
    return this.files.size > 0 ? this.files.get(this.absolute(path)) : undefined
  }

  writeFile(path: string, text: string, isAppended: boolean): void {
    if (this.files.size >= 32) return
    const absolute = this.absolute(path)
    const before = isAppended ? (this.files.get(absolute) ?? '') : ''
    if (before.length + text.length < 65_536) this.files.set(absolute, before + text)
  }

  changeDirectory(to: string): void {
    if (to === '-' || to.includes('$')) this.directory = undefined
    else this.directory = this.absolute(to)
  }

  private absolute(path: string): string {
    const from = path.startsWith('/') || path.startsWith('~') || !this.directory ? path : `${this.directory}/${path}`
    if (!from.includes('/')) return from
    const parts: string[] = []
    for (const part of from.split('/')) {
      if (part === '.' || part === '') continue
      if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop()
      else parts.push(part)
    }
    return (from.startsWith('/') ? '/' : '') + parts.join('/')
  }
}
