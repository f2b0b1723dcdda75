// The fields of each log source (`../detection-event.ts` says what they hold). A rule that asks for another field never matches by it: its author
// should hear so.
import type { LogSource } from '../detection-event.ts'

const words = (text: string): readonly string[] => text.trim().split(/\s+/)

export const fieldNames: { readonly [source in LogSource]: readonly string[] } = {
  action: words('Tool Input Summary'),
  command:
    words(`Image CommandLine Args ParentImage ParentCommandLine User CurrentDirectory Wrappers RunsOn Background PipedFrom PipedInto
    WritesTo AppendsTo ReadsFrom Assigns Text`),
  content: words('Language Text Origin Image CommandLine WritesTo AppendsTo'),
  process: words('Image CommandLine Args ParentImage ParentCommandLine User ProcessId CurrentDirectory'),
  file: words('TargetFilename Operation Image CommandLine'),
  transfer: words('Name MimeType SizeBytes SourceIp DestinationIp DestinationPort DestinationScope'),
  connection:
    words(`DestinationIp DestinationPort SourceIp SourcePort Protocol Direction Initiated Image DestinationScope Application BytesOut
    BytesIn DurationMs Refused Unanswered Ended DestinationHostname OneSided ClientVersion ServerVersion CertificateSubject CertificateIssuer`),
  dns: words('QueryName QueryType Answers Image'),
  alert: words(
    `Sensor Signature SignatureId Category Techniques Severity Action DestinationIp DestinationPort DestinationScope SourceIp Protocol
    Application Image`,
  ),
  login: words('What User Outcome SourceIp DestinationIp DestinationScope Image'),
  gpu: words('Gpu UtilizationPercent MemoryUsedBytes MemoryTotalBytes PowerWatts Image OnTask ExpectedUser ActualUser'),
  traffic: words(
    `DestinationIp DestinationPort DestinationScope DestinationHostname Protocol BytesOut BytesIn PacketsOut DurationMs Open`,
  ),
  trainer: words('Phase Step Worker'),
  telemetry: words('Stream State Reason Count Tool Outcome'),
}

/** The log sources of a rule, none of which has this field. */
export function isKnownField(field: string, sources: readonly LogSource[]): boolean {
  return sources.some((source) => fieldNames[source].includes(field))
}

/** A known field that differs in case or by a letter or two; undefined where nothing is near. */
export function nearestField(field: string, sources: readonly LogSource[]): string | undefined {
  const known = [...new Set(sources.flatMap((source) => fieldNames[source]))]
  const plain = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, '')
  return (
    known.find((name) => plain(name) === plain(field)) ?? known.find((name) => distance(plain(name), plain(field)) <= 2)
  )
}

function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2 || a.length > 40 || b.length > 40) return 99
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next.push(
        Math.min(
          (next[j - 1] ?? 99) + 1,
          (row[j] ?? 99) + 1,
          (row[j - 1] ?? 99) + (a.charAt(i - 1) === b.charAt(j - 1) ? 0 : 1),
        ),
      )
    row = next
  }
  return row[b.length] ?? 99
}
