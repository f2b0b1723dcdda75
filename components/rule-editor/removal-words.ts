// What it means to take the console's text away. Pure.
import { policyDocument, type RuleDocumentView } from '../../server/protocol/rule-view.ts'

type Removal = { words: string; means: string; isDelete: boolean }

/** Undefined where there is nothing of the console's to take away. */
export function removalWords({ origin, name, version, versions }: Removable): Removal | undefined {
  if (version === 0 || versions[0]?.isRemoval) return undefined
  if (origin === 'console' && name.startsWith('console/')) {
    return {
      words: 'Hold to delete this text',
      means: 'Its rules stop. Its versions stay in the log, and what was raised stays.',
      isDelete: true,
    }
  }
  return {
    words: 'Hold to take the console’s text away',
    means:
      name === policyDocument
        ? 'The policy that comes with Vigil holds again: there is no file of it. The versions stay to be opened.'
        : name.startsWith('context')
          ? 'What it allows and protects does not hold any more; a file of the data folder holds again where there is one.'
          : 'The file’s own text runs again. The versions stay to be opened.',
    isDelete: false,
  }
}

type Removable = Pick<RuleDocumentView, 'origin' | 'name' | 'version' | 'versions'>
