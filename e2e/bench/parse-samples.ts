// What the parse figures read, a format each. Formats of lines are repeated into one file; documents (a report, an export, an archive) are read
// whole, so the same one is handed over many times.
import path from 'node:path'

export type ParseSample = { format: string } & ({ lines: string } | { document: string } | { written: string })

// Seen from dist/, where the bench is bundled to.
export const fixtures = path.resolve(import.meta.dirname, '../../shared/fixtures')

export const parseSamples: readonly ParseSample[] = [
  { format: 'suricata-eve', lines: 'suricata-eve/slips_malicious_suricata.jsonl' },
  { format: 'zeek-json', lines: 'zeek-json/slips_vertical_portscan_conn.jsonl' },
  { format: 'zeek-tsv', lines: 'zeek-tsv/wrccdc_dns_first2000.log' },
  { format: 'hubble', lines: 'hubble/basic-sample-400-tcp-flows.jsonl' },
  { format: 'aws-network-firewall', lines: 'aws-network-firewall/netfw_flow_alert.jsonl' },
  { format: 'aws-vpc-flow', lines: 'aws-vpc-flow/otel_valid_vpc_flow_log_multi.log' },
  { format: 'gcp-logging', document: 'gcp-flow-firewall/otel_vpc_flow_google_service.json' },
  { format: 'alibaba-cloud-firewall', document: 'alibaba-cloudfirewall/VENDOR_DOC_EXAMPLE_not_a_captured_log.json' },
  { format: 'falco', lines: 'falco/falco_website_alerts.jsonl' },
  { format: 'tetragon', lines: 'tetragon/merlin_agent_c2_ssh_exfil.jsonl' },
  { format: 'auditd', lines: 'staged-incident/A_auditd.log' },
  { format: 'dcgm-exporter', document: 'dcgm-exporter/aicr_8xh100.prom' },
  { format: 'nvidia-smi-csv', lines: 'nvidia-smi-text/h200.load.query-gpu.csv' },
  { format: 'nvidia-smi-compute-apps', lines: 'nvidia-smi-text/h200.load.compute-apps.csv' },
  { format: 'nvidia-smi-pmon', lines: 'nvidia-smi-text/h200.load.pmon.txt' },
  { format: 'nvidia-smi-dmon', lines: 'nvidia-smi-text/h200.load.dmon.txt' },
  { format: 'nvidia-smi-xml', document: 'nvidia-smi-xml/telegraf_rtx-4000-sff-ada-v13.xml' },
  { format: 'nvidia-smi-text', document: 'nvidia-smi-text/h100-mig.load.q.txt' },
  { format: 'otlp-json', lines: 'staged-incident/A_otlp_traces.jsonl' },
  { format: 'langfuse', document: 'langfuse-trace/pydantic-ai-tools-2025-12-04.json' },
  { format: 'openinference', document: 'openinference-phoenix/pxi_turn_subagent_trace.json' },
  { format: 'claude-code-transcript', lines: 'claude-code/tool_heavy.jsonl' },
  { format: 'claude-code-hooks', lines: 'claude-code-hooks/A_hook_payloads.jsonl' },
  { format: 'claude-code-stream', lines: 'claude-code-hooks/A_stream_json.jsonl' },
  { format: 'inspect-ai', document: 'inspect-ai/popularity.eval' },
  { format: 'swe-agent', document: 'swe-agent-traj/pydicom__pydicom-1458.traj.json' },
  { format: 'openhands', document: 'openhands/basic_interactions.json' },
  // No recordings of these are published: lines in their own shape.
  {
    format: 'roll-traces',
    written:
      '{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"env-0"}},{"key":"host.name","value":{"stringValue":"gpu-7"}}]},"scopeSpans":[{"scope":{"name":"env_manager"},"spans":[{"traceId":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","spanId":"0000000000000009","name":"trajectory","startTimeUnixNano":"1772359200000000000","endTimeUnixNano":"1772359209000000000","attributes":[{"key":"traj_id","value":{"stringValue":"sokoban_3_17_42_1"}},{"key":"env_id","value":{"intValue":"1"}}]}]}]}]}\n',
  },
  {
    format: 'roll-worker-log',
    written:
      '[2026-03-01 10:00:00] [agentic_pipeline.py (126)] [INFO] [DRIVER 0 / 1][PID 4711] pipeline rollout global step 12 start...\n',
  },
  {
    format: 'rock-command-log',
    written: [
      '2026-03-01T18:00:01.250+08:00 INFO:rocklet.py:148 [command] [box-1] [t1] -- [run_in_session input][agent]:ls /srv',
      '2026-03-01T18:00:02.250+08:00 INFO:rocklet.py:148 [command] [box-1] [t1] -- [run_in_session output][agent]:data',
      '2026-03-01T18:00:02.260+08:00 INFO:rocklet.py:148 [command] [box-1] [t1] -- [run_in_session exit_code][agent]:0',
      '',
    ].join('\n'),
  },
]
