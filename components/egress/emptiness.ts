// Why a tab shows nothing, and what would fill it. Pure.
import type { Tab, Ties } from './egress-url.ts'

/** `all-tied` is good news, `none-tied` a fact to act on, `nothing-came` asks for a source, `no-match` for other words. */
export type Emptiness = 'nothing-came' | 'all-tied' | 'none-tied' | 'no-match'

export function emptinessOf(count: { kept: number; untied: number }, ask: { ties: Ties }): Emptiness {
  if (count.kept === 0) return 'nothing-came'
  if (ask.ties === 'untied' && count.untied === 0) return 'all-tied'
  return ask.ties === 'tied' && count.untied === count.kept ? 'none-tied' : 'no-match'
}

const suricata = 'npx vigil import --format suricata-eve --source edge --follow /var/log/suricata/eve.json'

/** Who says such things, and the line that brings it in. */
export const howItComes: Readonly<Record<Tab, { says: string; line: string }>> = {
  alerts: {
    says: 'Alerts come from a firewall or a network monitor that watches from outside the sandbox, and from host rules and GPU drivers.',
    line: suricata,
  },
  flows: {
    says: 'Flows come from a network monitor or the flow logs of your cloud.',
    line: suricata,
  },
  lookups: {
    says: 'Lookups come from a monitor that reads DNS on the wire.',
    line: suricata,
  },
  sessions: {
    says: 'What was said in SSH, TLS and HTTP, and the files that passed, comes from a monitor that reads protocols.',
    line: 'npx vigil import --format zeek-json --source edge --follow /opt/zeek/logs/current/ssl.log',
  },
  host: {
    says: 'Connections, processes, files and logins come from a host’s audit log or its eBPF sensor.',
    line: 'npx vigil import --format auditd --source HOST --follow /var/log/audit/audit.log',
  },
}
