// Collects what is wrong with one document of a rule file, each with its place.
import type { Problem, RuleFile, Unsupported } from './sigma-rule.ts'
import type { Path, YamlDocument } from './yaml-documents.ts'

const perDocumentMax = 50

export class Teller {
  readonly problems: Problem[] = []
  readonly unsupported: Unsupported[] = []
  readonly notes: Problem[] = []
  readonly #document: YamlDocument
  readonly #rule: string | undefined

  constructor(document: YamlDocument) {
    this.#document = document
    const title = isRecord(document.value) ? document.value.title : undefined
    this.#rule = typeof title === 'string' ? title.slice(0, 256) : undefined
  }

  get isRefused(): boolean {
    return this.problems.length > 0 || this.unsupported.length > 0
  }

  problem(path: Path, message: string): void {
    if (this.problems.length < perDocumentMax) this.problems.push(this.#tell(path, message))
  }

  cannot(path: Path, construct: string, message: string): void {
    if (this.unsupported.length < perDocumentMax) this.unsupported.push({ ...this.#tell(path, message), construct })
  }

  note(path: Path, message: string): void {
    if (this.notes.length < perDocumentMax) this.notes.push(this.#tell(path, message))
  }

  addTo(file: RuleFile): void {
    file.problems.push(...this.problems)
    file.unsupported.push(...this.unsupported)
    file.notes.push(...this.notes)
  }

  #tell(path: Path, message: string): Problem {
    return { ...this.#document.placeOf(path), message, rule: this.#rule }
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
