// Which part reads which `event_type` of Suricata 4 to 8. The firewall of AWS writes the same records inside of its own envelope.
import { fieldOf, isObject, shortText } from './normal-values.ts'
import { alertMeaning, anomalyMeaning } from './suricata-alert.ts'
import { applicationMeaning } from './suricata-application.ts'
import { dnsMeaning } from './suricata-dns.ts'
import type { SuricataMeaning } from './suricata-fact.ts'
import { conversationMeaning, dropMeaning, flowMeaning, netflowMeaning } from './suricata-flow.ts'
import type { SuricataRecord } from './suricata-traffic.ts'

/** Protocols without a kind of their own here. */
const protocolTypes: ReadonlySet<string> = new Set([
  'bittorrent_dht',
  'dcerpc',
  'dhcp',
  'dnp3',
  'enip',
  'ftp',
  'ftp_data',
  'ike',
  'ikev2',
  'imap',
  'krb5',
  'ldap',
  'modbus',
  'mqtt',
  'nfs',
  'ntp',
  'pgsql',
  'pop3',
  'rdp',
  'rfb',
  'rpc',
  'sip',
  'smb',
  'smtp',
  'snmp',
  'telnet',
  'template',
  'tftp',
  'websocket',
])
/** They speak of a packet or a flow in a protocol that they name beside, if at all. */
const carrierTypes: ReadonlySet<string> = new Set(['arp', 'frame', 'metadata', 'packet'])
const ownTypes: ReadonlySet<string> = new Set(['stats', 'engine', 'suricata'])

export function suricataMeaning(told: SuricataRecord): SuricataMeaning {
  const { record } = told
  const type = shortText(record.event_type)
  if (type === undefined) return { refused: 'record has no event_type' }
  if (ownTypes.has(type)) return { skipped: 'sensor reports on itself' }
  switch (type) {
    case 'alert':
      return alertMeaning(told)
    case 'drop':
      return isObject(fieldOf(record, 'alert')) ? alertMeaning(told) : dropMeaning(told)
    case 'flow':
      return flowMeaning(told)
    case 'netflow':
      return netflowMeaning(told)
    case 'anomaly':
      return anomalyMeaning(told)
    case 'dns':
    case 'mdns':
      return dnsMeaning(told, type)
    case 'doh2':
      return isObject(fieldOf(record, 'dns')) ? dnsMeaning(told, 'dns') : conversationMeaning(told, type, type)
    default: {
      const application = applicationMeaning(told, type)
      if (application !== undefined) return application
      if (protocolTypes.has(type)) return conversationMeaning(told, type, type)
      return conversationMeaning(told, carrierTypes.has(type) ? type : 'other event type')
    }
  }
}
