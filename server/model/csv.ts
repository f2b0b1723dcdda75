// Rows for a spreadsheet (RFC 4180). A cell that a spreadsheet would run as a formula is text. Pure.

export function csvOf(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('')
}

/** Where a cell could begin that is none of ours: a spreadsheet may be set to split at these, and then it does so within quotation marks too. */
const innerBegin = /([;\t\r\n](?:[^\S\t\r\n]|")*)([=+\-@])/g

function cell(text: string): string {
  const inert = (/^\s*[=+\-@]/.test(text) ? `'${text}` : text).replace(innerBegin, "$1'$2")
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert
}
