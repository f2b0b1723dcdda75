// Every format that is read, in one list: `POST /api/ingest/{format}`, `vigil import --format`, and what `auto` tries.
import { alibabaCloudFirewall } from './alibaba-cloud-firewall.ts'
import { auditd } from './auditd.ts'
import { awsNetworkFirewall } from './aws-network-firewall.ts'
import { awsVpcFlow } from './aws-vpc-flow.ts'
import { claudeCodeHooks } from './claude-code-hooks.ts'
import { claudeCodeStream } from './claude-code-stream.ts'
import { claudeCodeTranscript } from './claude-code-transcript.ts'
import { dcgmExporter } from './dcgm-exporter.ts'
import { falco } from './falco.ts'
import { gcpLogging } from './gcp-logging.ts'
import { hubble } from './hubble.ts'
import { inspectAi } from './inspect-ai.ts'
import { langfuse } from './langfuse.ts'
import { nvidiaSmiComputeApps } from './nvidia-smi-compute-apps.ts'
import { nvidiaSmiCsv } from './nvidia-smi-csv.ts'
import { nvidiaSmiDmon } from './nvidia-smi-dmon.ts'
import { nvidiaSmiPmon } from './nvidia-smi-pmon.ts'
import { nvidiaSmiText } from './nvidia-smi-text.ts'
import { nvidiaSmiXml } from './nvidia-smi-xml.ts'
import { openHands } from './openhands.ts'
import { openInferenceExport } from './openinference-export.ts'
import { otlpFile } from './otlp-file.ts'
import type { RecordSource } from './record-source.ts'
import { rockCommandLog } from './rock-command-log.ts'
import { rollTraces } from './roll-traces.ts'
import { rollWorkerLog } from './roll-worker-log.ts'
import { suricataEve } from './suricata-eve.ts'
import { sweAgent } from './swe-agent.ts'
import { tetragon } from './tetragon.ts'
import { zeekJson } from './zeek-json.ts'
import { zeekTsv } from './zeek-tsv.ts'

export const allSources: readonly RecordSource[] = [
  suricataEve,
  zeekJson,
  zeekTsv,
  awsNetworkFirewall,
  awsVpcFlow,
  gcpLogging,
  alibabaCloudFirewall,
  hubble,
  auditd,
  falco,
  tetragon,
  dcgmExporter,
  nvidiaSmiCsv,
  nvidiaSmiComputeApps,
  nvidiaSmiPmon,
  nvidiaSmiDmon,
  nvidiaSmiXml,
  nvidiaSmiText,
  otlpFile,
  langfuse,
  openInferenceExport,
  claudeCodeTranscript,
  claudeCodeHooks,
  claudeCodeStream,
  inspectAi,
  sweAgent,
  openHands,
  rollTraces,
  rollWorkerLog,
  rockCommandLog,
]

export function sourceOf(format: string): RecordSource | undefined {
  return allSources.find((source) => source.format === format)
}
