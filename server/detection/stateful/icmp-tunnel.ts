// Data in echo packets: ping sends few and small ones, a tunnel many and large ones.
import { type DetectorRule, flagOf, numberAt, type StatefulDetector, textAt } from './detector.ts'
import { RecencyMap } from './recency-map.ts'
import { Subjects } from './subjects.ts'
import { Once, SumWindow } from './window.ts'

export const icmpTunnel: DetectorRule = {
  id: 'vigil-icmp-tunnel',
  title: 'Moves data in ICMP packets',
  behaviour: 'tunnel',
  severity: 'medium',
  why: 'Firewalls that stop connections often let ICMP pass: a shell or a proxy fits inside.',
  response: 'Cut ICMP for the session and look which process opens raw sockets.',
  tactics: ['command-and-control', 'exfiltration'],
  techniques: ['T1095', 'T1048.003'],
  falsePositives: ['Tests of path MTU or of loss with large pings'],
  measures:
    'to one address in 1 to 2 hours 100 ICMP packets out of 130 and more bytes on average, or 20,000 bytes where packets are not counted',
  sources: ['traffic'],
}

const halfMs = 3_600_000
const packetsMin = 100
/** `ping` makes frames of 98 bytes, 84 without their Ethernet header. */
const bytesPerPacketMin = 130
const bytesMin = 20_000
const addressesMax = 16

type Sent = { packets: SumWindow; bytes: SumWindow; said: Once }

export function createIcmpTunnel(): StatefulDetector {
  const subjects = new Subjects(() => new RecencyMap<Sent>(addressesMax), 2_048)
  return {
    sources: ['traffic'],
    observe(event, tell) {
      const { Protocol, DestinationScope } = event.fields
      if ((Protocol !== 'icmp' && Protocol !== 'ipv6-icmp') || DestinationScope === 'loopback') return
      const address = textAt(event, 'DestinationIp')
      const ends = address === undefined ? undefined : subjects.of(event)
      if (address === undefined || ends === undefined) return
      let sent = ends.get(address)
      if (sent === undefined) {
        sent = { packets: new SumWindow(halfMs), bytes: new SumWindow(halfMs), said: new Once(halfMs) }
        ends.set(address, sent)
      }
      const packets = sent.packets.add(numberAt(event, 'PacketsOut') ?? 0, event.atMs)
      const bytes = sent.bytes.add(numberAt(event, 'BytesOut') ?? 0, event.atMs)
      const isTunnel = packets === 0 ? bytes >= bytesMin : packets >= packetsMin && bytes >= packets * bytesPerPacketMin
      if (!isTunnel || !sent.said.now(event.atMs)) return
      tell(
        flagOf(icmpTunnel, event, {
          what: address,
          matched: [
            ['DestinationIp', address],
            ['BytesOut', bytes],
            ['PacketsOut', packets],
          ],
        }),
      )
    },
  }
}
