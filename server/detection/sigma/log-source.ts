// Which of our log sources answer a rule's `logsource`, and which never will: a rule that cannot see anything must not look as if it watched.
import { type LogSource, logSources } from '../detection-event.ts'

export type MappedSource = {
  sources: readonly LogSource[]
  /** SigmaHQ has a category for each thing that happens to a file; we have a field. */
  operations?: readonly string[]
}

const linuxCategories: { readonly [category: string]: MappedSource } = {
  process_creation: { sources: ['command', 'process'] },
  network_connection: { sources: ['connection'] },
  file_event: { sources: ['file'], operations: ['write', 'rename'] },
  file_create: { sources: ['file'], operations: ['write', 'rename'] },
  file_change: { sources: ['file'], operations: ['write', 'chmod'] },
  file_access: { sources: ['file'], operations: ['read'] },
  file_delete: { sources: ['file'], operations: ['delete'] },
  file_rename: { sources: ['file'], operations: ['rename'] },
  dns_query: { sources: ['dns'] },
  dns: { sources: ['dns'] },
}

/** Our name for a field that SigmaHQ's rules of this category call otherwise. */
export const foreignFields: { readonly [field: string]: string } = {
  query: 'QueryName',
  record_type: 'QueryType',
  answer: 'Answers',
  QueryResults: 'Answers',
  Filename: 'TargetFilename',
  FileName: 'TargetFilename',
}

const elsewhere: { readonly [category: string]: string } = {
  proxy: 'logs of web proxies',
  webserver: 'logs of web servers',
  firewall: 'logs of firewalls as Sigma names them; alerts of firewalls are `product: vigil, category: alert`',
  antivirus: 'results of virus scanners',
  application: 'logs of applications',
  database: 'logs of databases',
}

export function printLogSource(source: { product?: string; category?: string; service?: string }): string {
  return [source.product, source.category, source.service].filter((word) => word !== undefined).join(' ')
}

export function mapLogSource(source: {
  product?: string
  category?: string
  service?: string
}): MappedSource | { unsupported: string } {
  const { product, category, service } = source
  if (product === 'vigil') {
    const known = logSources.find((name) => name === category)
    if (known !== undefined && service === undefined) return { sources: [known] }
    return { unsupported: `Vigil's log sources are named by \`category\`, one of ${logSources.join(', ')}` }
  }
  if (product !== undefined && product !== 'linux')
    return {
      unsupported: `The rule is about ${product.slice(0, 40)}; Vigil sees Linux hosts (product linux) and its own log sources (product vigil)`,
    }
  if (service !== undefined)
    return {
      unsupported: `The rule reads the log of ${service.slice(0, 40)}, which Vigil does not receive; rules about process_creation, network_connection, file_event and dns_query do run`,
    }
  if (category === undefined)
    return {
      unsupported:
        'The rule names no category; Vigil runs process_creation, network_connection, file_event, file_delete, file_rename, file_access, file_change, dns_query and dns',
    }
  const mapped = Object.hasOwn(linuxCategories, category) ? linuxCategories[category] : undefined
  if (mapped !== undefined) return mapped
  const what = Object.hasOwn(elsewhere, category) ? elsewhere[category] : `the category ${category.slice(0, 40)}`
  return { unsupported: `The rule is about ${what}, which Vigil does not receive` }
}
