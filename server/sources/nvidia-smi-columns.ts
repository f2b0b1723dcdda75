// Rows of `nvidia-smi --query-…=… --format=csv`. The header says what the columns are: without it a row has no meaning, and it is never
// guessed.
const columnPattern = /^[a-z][A-Za-z\d_.]{0,80}(?: \[[^\],]{0,12}\])?$/

/** Names in the order of the columns; units in brackets are dropped: the cells repeat them, or `nounits` left them out. */
export type Columns = readonly string[]

/** Older spellings and shorter names of the same column. */
const aliases: ReadonlyMap<string, string> = new Map([
  ['gpu_uuid', 'uuid'],
  ['gpu_bus_id', 'pci.bus_id'],
  ['gpu_serial', 'serial'],
  ['clocks.sm', 'clocks.current.sm'],
  ['clocks.mem', 'clocks.current.memory'],
  ['clocks.gr', 'clocks.current.graphics'],
  ['used_memory', 'used_gpu_memory'],
])

/** Columns when the line is a header: every cell is a column's name, and one of them is in `known`. */
export function columnsOf(line: string, known: ReadonlySet<string>): Columns | undefined {
  if (line.length > 65_536) return undefined
  const cells = line.split(',').map((cell) => cell.trim())
  if (!cells.every((cell) => columnPattern.test(cell))) return undefined
  const names = cells.map((cell) => {
    const bare = cell.replace(/ \[.*$/, '')
    return aliases.get(bare) ?? bare
  })
  return names.some((name) => known.has(name)) ? names : undefined
}

/** As `columnsOf` for the first line of a head that may be cut in the middle of its last cell. */
export function columnsOfHead(head: string, known: ReadonlySet<string>): Columns | undefined {
  const text = head.replace(/^\ufeff/, '').trimStart()
  const end = text.indexOf('\n')
  const line = end === -1 && text.length >= 256 ? text.slice(0, Math.max(0, text.lastIndexOf(','))) : text
  return columnsOf((end === -1 ? line : text.slice(0, end)).trimEnd(), known)
}

/** Cells by column; undefined when their number does not fit. A name with commas takes what is too much. */
export function rowOf(line: string, columns: Columns, nameColumn: string): ReadonlyMap<string, string> | undefined {
  const cells = line.split(',')
  const extra = cells.length - columns.length
  const nameAt = columns.indexOf(nameColumn)
  if (extra > 0 && nameAt >= 0) cells.splice(nameAt, extra + 1, cells.slice(nameAt, nameAt + extra + 1).join(','))
  if (cells.length !== columns.length) return undefined
  return new Map(columns.map((column, i) => [column, cells[i]?.trim() ?? '']))
}
