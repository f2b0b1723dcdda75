// The header of Zeek's TSV and what it says of a row. Nothing of a header outlives the next `#separator`, with which every file begins.
import type { ZeekRecord } from './zeek-values.ts'

export type ZeekTsvHeader = {
  separator: string
  setSeparator: string
  emptyField: string
  unsetField: string
  path: string | undefined
  /** Names of the columns as the file gives them: the same row under other columns is another record. */
  names: string
  /** Column of each field; undefined before the first `#fields`. */
  columns: ReadonlyMap<string, number> | undefined
  columnCount: number
  types: readonly string[]
}

/** Before any header. */
export const unreadHeader: ZeekTsvHeader = {
  separator: '\t',
  setSeparator: ',',
  emptyField: '(empty)',
  unsetField: '-',
  path: undefined,
  names: '',
  columns: undefined,
  columnCount: 0,
  types: [],
}

/** The widest log of Zeek's own has about 50 columns; enriched ones have some more. */
const columnsMax = 512
/** It goes into the identity of every row. */
const namesCharsMax = 16_384
const separatorCharsMax = 16
const listMax = 1_024

const directives: ReadonlySet<string> = new Set([
  'separator',
  'set_separator',
  'empty_field',
  'unset_field',
  'path',
  'open',
  'close',
  'fields',
  'types',
])
/** Sets and vectors of the logs that are read here, for headers without `#types`. */
const listFields: ReadonlySet<string> = new Set(['answers', 'actions', 'tx_hosts', 'rx_hosts', 'conn_uids', 'sources'])

/**
 * The header after this line, or undefined where the line is a row. `refused`: the header cannot be used, and the rows under it
 * are refused until another one comes.
 */
export function readDirective(
  line: string,
  header: ZeekTsvHeader,
): { header: ZeekTsvHeader; refused?: string } | undefined {
  const text = line.trimStart()
  if (!text.startsWith('#')) return undefined
  const word = /^#([a-z_]{1,16})/.exec(text)?.[1]
  // A comment of somebody's own.
  if (word === undefined || !directives.has(word)) return line.startsWith('#') ? { header } : undefined
  const rest = text.slice(word.length + 1)
  if (word === 'separator') {
    const separator = unescaped(rest.trim().slice(0, separatorCharsMax * 4))
    return { header: { ...unreadHeader, separator: separator === '' ? '\t' : separator } }
  }
  const value = directiveValue(rest, header.separator)
  switch (word) {
    case 'set_separator':
      return { header: { ...header, setSeparator: unescaped(value) || ',' } }
    case 'empty_field':
      return { header: { ...header, emptyField: value } }
    case 'unset_field':
      return { header: { ...header, unsetField: value } }
    case 'path':
      return { header: { ...header, path: value === '' || value === header.unsetField ? undefined : value } }
    case 'fields':
      return withFields(value, header)
    case 'types':
      return { header: { ...header, types: value.split(header.separator, columnsMax + 1) } }
    default:
      return { header }
  }
}

/** Directives are set off by the file's separator; editors turn it into blanks. */
function directiveValue(rest: string, separator: string): string {
  return rest.startsWith(separator) ? rest.slice(separator.length) : rest.replace(/^[ \t]/, '')
}

function withFields(value: string, header: ZeekTsvHeader): { header: ZeekTsvHeader; refused?: string } {
  const names = value.split(header.separator, columnsMax + 1)
  const bare = { ...header, names: '', columns: undefined, columnCount: 0, types: [] }
  if (names.length > columnsMax || value.length > namesCharsMax)
    return { header: bare, refused: 'header names too many columns, or too long ones' }
  if (names.includes('')) return { header: bare, refused: 'header has a column without a name' }
  const columns = new Map<string, number>()
  for (const [column, name] of names.entries()) if (!columns.has(name)) columns.set(name, column)
  return { header: { ...bare, names: value, columns, columnCount: names.length } }
}

/** Values are read when they are asked for: most columns never are. */
export function zeekTsvRow(line: string, header: ZeekTsvHeader): ZeekRecord | { refused: string } {
  const { columns } = header
  if (columns === undefined) return { refused: 'row without a #fields line above it' }
  const cells = line.split(header.separator, columnsMax + 1)
  if (cells.length !== header.columnCount) return { refused: 'row has another number of columns than its header' }
  return {
    log: header.path,
    get(field) {
      const column = columns.get(field) ?? columns.get(field.replace('.', '_'))
      if (column === undefined) return undefined
      return valueOfCell(cells[column] ?? '', header.types[column], field, header)
    },
  }
}

function valueOfCell(cell: string, type: string | undefined, field: string, header: ZeekTsvHeader): unknown {
  if (cell === header.unsetField) return undefined
  const isList = type === undefined ? listFields.has(field) : /^(?:set|vector|table|list)\b/.test(type)
  if (isList) {
    if (cell === header.emptyField) return []
    const items = cell.split(header.setSeparator, listMax).filter((item) => item !== header.unsetField)
    return items.map((item) => (item === header.emptyField ? '' : unescaped(item)))
  }
  if (cell === header.emptyField) return ''
  if (type === 'bool') return cell === 'T' ? true : cell === 'F' ? false : undefined
  return unescaped(cell)
}

/** Zeek writes bytes that are separators or no text as `\xNN`, and a backslash as two. */
function unescaped(text: string): string {
  if (!text.includes('\\')) return text
  return text.replace(/\\\\|(?:\\x[0-9a-f]{2})+/gi, (escaped) =>
    escaped === '\\\\' ? '\\' : Buffer.from(escaped.replaceAll(/\\x/gi, ''), 'hex').toString('utf8'),
  )
}
