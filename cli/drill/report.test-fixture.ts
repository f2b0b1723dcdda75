// A report as a drill makes it. For tests only.
import { DrillReport } from '../../server/protocol/drill.ts'

const startMs = 1_795_262_400_000

export const testReport: DrillReport = DrillReport.parse({
  drill: 'rome',
  id: 'abcd1234',
  session: 'drill-rome-abcd1234',
  outcome: 'contained',
  startedAtMs: startMs,
  endedAtMs: startMs + 40_000,
  firstEvidenceAtMs: startMs + 5_000,
  detectedAtMs: startMs + 5_400,
  containedAtMs: startMs + 14_000,
  containedBy: { control: 'ctl-1', action: 'contain', by: 'Mia', observed: 'frozen 1' },
  checks: [
    { what: 'a flag for the tunnel', seen: true },
    { what: 'a flag for the probing', seen: false },
  ],
  flags: [],
  notes: [],
  left: [],
})
