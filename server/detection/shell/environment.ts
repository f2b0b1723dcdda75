// What is known of variables, arguments, functions, files and the folder while a text is walked. Only what the text itself says is known here.
import type { Script } from './syntax.ts'

export type Variable = {
  value: string
  /** Of an array. */
  items: readonly string[] | undefined
  /** False when it was set in a branch that may not run, or from something unknown. */
  isCertain: boolean
}

/** A copy is made for each that is set, so they are few. */
const mostVariables = 128
const mostFiles = 32
const mostFileChars = 65_536

/** Most texts set nothing: maps are made when something is put into them, and copied only then. */
const noVariables: ReadonlyMap<string, Variable> = new Map()
const noTexts: ReadonlyMap<string, string> = new Map()

/** What subshells share with the shell that started them. */
type Shared = {
  functions: Map<string, Script> | undefined
  files: Map<string, string> | undefined
  /** Files that were opened to be written anew. */
  emptied: Set<string> | undefined
}

export class Environment {
  directory: string | undefined
  /** `$1`, `$2`, …; undefined where the caller is not seen. */
  arguments: readonly string[] | undefined
  private variables = noVariables
  private aliases = noTexts
  private readonly shared: Shared

  constructor(parent?: Environment) {
    this.shared = parent ? parent.shared : { functions: undefined, files: undefined, emptied: undefined }
    this.directory = parent?.directory
    this.arguments = parent?.arguments
    if (!parent) return
    this.variables = parent.variables
    this.aliases = parent.aliases
  }

  /** For subshells and shells started by it: what they set stays theirs. */
  child(): Environment {
    return new Environment(this)
  }

  variable(name: string): Variable | undefined {
    return this.variables.get(name)
  }

  set(name: string, variable: Variable): void {
    if (this.variables.size < mostVariables) this.variables = new Map(this.variables).set(name, variable)
  }

  unset(name: string): void {
    if (!this.variables.has(name)) return
    const left = new Map(this.variables)
    left.delete(name)
    this.variables = left
  }

  /** After a branch: what it set may or may not be so. */
  doubt(before: Environment): void {
    if (before.variables !== this.variables)
      for (const [name, variable] of this.variables) {
        if (before.variables.get(name) !== variable) this.set(name, { ...variable, isCertain: false })
      }
    if (before.directory !== this.directory) this.directory = undefined
  }

  functionBody(name: string): Script | undefined {
    return this.shared.functions?.get(name)
  }

  setFunction(name: string, body: Script): void {
    this.shared.functions ??= new Map()
    if (this.shared.functions.size < mostVariables) this.shared.functions.set(name, body)
  }

  alias(name: string): string | undefined {
    return this.aliases.get(name)
  }

  setAlias(name: string, value: string): void {
    if (this.aliases.size < mostVariables) this.aliases = new Map(this.aliases).set(name, value)
  }

  /** An alias is not expanded within itself. */
  forgetAlias(name: string): void {
    const left = new Map(this.aliases)
    left.delete(name)
    this.aliases = left
  }

  get hasFiles(): boolean {
    return this.shared.files !== undefined
  }

  /** Text of a file that this same text wrote. */
  file(path: string): string | undefined {
    return this.shared.files?.get(this.absolute(path))
  }

  /**
   * A redirection empties the file before anything is written. Whether it is ever reached is not known: what stood in the file stays known until
   * something else is.
   */
  emptyFile(path: string): void {
    const { shared } = this
    if (shared.files === undefined) return
    const absolute = this.absolute(path)
    if (!shared.files.has(absolute)) return
    shared.emptied ??= new Set()
    shared.emptied.add(absolute)
  }

  /** At its end. */
  writeFile(path: string, text: string): void {
    const { shared } = this
    shared.files ??= new Map()
    const { files } = shared
    const absolute = this.absolute(path)
    const known = files.get(absolute)
    if (known === undefined && files.size >= mostFiles) return
    const before = shared.emptied?.has(absolute) ? '' : (known ?? '')
    if (before.length + text.length >= mostFileChars) return
    files.set(absolute, before + text)
    shared.emptied?.delete(absolute)
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
