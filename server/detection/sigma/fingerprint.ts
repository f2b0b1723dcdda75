// What a flag is about, so that saying it again counts once: the rule, the program and the destination; numbers and names made up on the spot
// are folded. Addresses are kept whole: another destination is another thing.
import type { DetectionEvent, FieldValue } from '../detection-event.ts'
import { fold } from './fold.ts'

const subjectMaxChars = 160
const readMaxChars = 4_000

export function fingerprintOf(rule: string, event: DetectionEvent): string {
  return `${rule} ${subjectOf(event).slice(0, subjectMaxChars)}`
}

function subjectOf({ source, fields }: DetectionEvent): string {
  const text = (field: string) => textOf(fields[field])
  const program = baseName(text('Image'))
  switch (source) {
    case 'command':
    case 'process':
      return join(program, aboutLine(text('CommandLine')))
    case 'content':
      return join(program, text('Language'), aboutLine(text('Text')))
    case 'connection':
    case 'traffic':
      return join(program, text('DestinationHostname') || text('DestinationIp'), text('DestinationPort'))
    case 'dns':
      return join(program, registeredPart(text('QueryName')))
    case 'file':
      return join(program, text('Operation'), foldNames(text('TargetFilename')))
    case 'transfer':
      return join(foldNames(text('Name')), text('DestinationIp'))
    case 'login':
      return join(text('What'), text('User'), text('SourceIp'), text('DestinationIp'))
    case 'alert':
      return join(text('Sensor'), text('SignatureId') || text('Signature'), text('DestinationIp'))
    case 'gpu':
      return join(text('Gpu'), program)
    case 'action':
      return join(text('Tool'), aboutLine(text('Input')))
    case 'trainer':
      return join(text('Phase'), text('Worker'))
    case 'telemetry':
      return join(text('Stream'), text('State'))
  }
}

function join(...words: string[]): string {
  return words.filter((word) => word !== '').join(' ')
}

function textOf(value: FieldValue | undefined): string {
  if (value === undefined || value === null) return ''
  return (Array.isArray(value) ? value.slice(0, 8).join(' ') : String(value)).slice(0, readMaxChars)
}

function baseName(path: string): string {
  return fold(path.slice(path.lastIndexOf('/') + 1))
}

/** Where a line reaches to, if anywhere; else what it looks like. */
function aboutLine(line: string): string {
  const ends = destinationsIn(line)
  return ends.length > 0 ? ends.join(' ') : foldNames(line)
}

const destination =
  /\b(?:\d{1,3}\.){3}\d{1,3}\b|\[[0-9a-f:.]{3,45}\]|\b(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,8}[a-z]{2,24}(?=[:/\s'"]|$)/gi
/** Ends of file names that look like ends of host names. */
const fileEnding =
  /\.(?:sh|py|pl|rb|js|ts|so|gz|zip|md|rs|cc|ps|pub|txt|json|ya?ml|conf|cfg|log|tar|tgz|bz2|xz|csv|html?|xml|ini|db|key|pem|service|timer|bin|out|exe|elf|deb|rpm|jar|class|java|go|c|h|cpp|d|bak|tmp|swp|lock|pid|sock|env|rc|list|repo|img|iso|png|jpe?g|gif|svg|pdf)$/i

function destinationsIn(line: string): string[] {
  const found = new Set<string>()
  for (const [text] of line.slice(0, readMaxChars).matchAll(destination)) {
    if (fileEnding.test(text)) continue
    found.add(fold(text))
    if (found.size === 3) break
  }
  return [...found].sort()
}

/** Numbers, hashes, encoded data and temporary names become `#`. */
export function foldNames(text: string): string {
  return fold(text.slice(0, readMaxChars))
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '#')
    .replace(/((?:\/var)?\/tmp|\/dev\/shm|\/run)\/[^\s'"]+/g, '$1/#')
    .replace(/[a-z0-9+/=_-]{40,}/g, '#')
    .replace(/\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b/g, '#')
    .replace(/\d+/g, '#')
    .replace(/\s+/g, ' ')
}

/** The last two labels, three under names such as co.uk: what somebody registered. */
function registeredPart(name: string): string {
  const labels = fold(name).replace(/\.$/, '').split('.')
  const isShort = (labels.at(-2) ?? '').length <= 3 && labels.length > 2
  return labels.slice(isShort ? -3 : -2).join('.')
}
