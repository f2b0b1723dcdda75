// Data carried out in the names that are looked up: a resolver passes them on where nothing else may leave.
import { type DetectorRule, flagOf, type StatefulDetector, textAt } from './detector.ts'
import { readDnsName } from './dns-name.ts'
import { RecencyMap } from './recency-map.ts'
import { Subjects } from './subjects.ts'
import { DistinctWindow, hashOf, Once, SumWindow } from './window.ts'

export const dnsExfiltration: DetectorRule = {
  id: 'vigil-dns-exfiltration',
  title: 'Looks up many names that carry encoded data',
  behaviour: 'exfiltration',
  severity: 'high',
  why: 'Names that are looked up leave even where all connections are closed; data and orders travel in them.',
  response: 'Revoke the network including name resolution, then read what was asked.',
  tactics: ['exfiltration', 'command-and-control'],
  techniques: ['T1071.004', 'T1048.003'],
  falsePositives: ['Reputation lookups of a mail filter', 'A content network that puts digests in its names'],
  measures:
    'in 30 to 60 minutes 20 different names with labels of 24 and more mixed letters and digits (60 where they are spread over domains), of any domain',
  spansMany: true,
  sources: ['dns'],
}

export const dnsManyNames: DetectorRule = {
  id: 'vigil-dns-many-names',
  title: 'Looks up unusually many different names under one domain',
  behaviour: 'exfiltration',
  severity: 'medium',
  why: 'Either data leaves word by word, or somebody’s domain is being searched for machines.',
  response: 'Read the names: words in an order that makes sense are data.',
  tactics: ['exfiltration', 'reconnaissance'],
  techniques: ['T1590.002', 'T1048.003'],
  falsePositives: ['A crawler over one large site', 'Block lists that are asked by name'],
  measures: 'in 30 to 60 minutes 150 different names, together at least 1,500 characters, under one domain',
  spansMany: true,
  sources: ['dns'],
}

export const dnsRules = [dnsExfiltration, dnsManyNames] as const

const halfMs = 30 * 60_000
const encodedNames = 20
const encodedNamesSpread = 60
const manyNames = 150
const manyCharacters = 1_500
const domainsMax = 16

type Domain = { names: DistinctWindow; encoded: DistinctWindow; characters: SumWindow; said: Once; saidEncoded: Once }
type Asked = { domains: RecencyMap<Domain>; encoded: DistinctWindow; said: Once }

export function createDnsExfiltration(seed: number): StatefulDetector {
  const subjects = new Subjects<Asked>(
    () => ({
      domains: new RecencyMap(domainsMax),
      encoded: new DistinctWindow(halfMs, encodedNamesSpread),
      said: new Once(halfMs),
    }),
    2_048,
  )
  return {
    sources: ['dns'],
    observe(event, tell) {
      const query = textAt(event, 'QueryName')
      const name = query === undefined ? undefined : readDnsName(query)
      if (query === undefined || name === undefined || name.carried === 0) return
      const asked = subjects.of(event)
      if (asked === undefined) return
      const { atMs } = event
      let domain = asked.domains.get(name.domain)
      if (domain === undefined) {
        domain = {
          names: new DistinctWindow(halfMs, manyNames),
          encoded: new DistinctWindow(halfMs, encodedNames),
          characters: new SumWindow(halfMs),
          said: new Once(halfMs),
          saidEncoded: new Once(halfMs),
        }
        asked.domains.set(name.domain, domain)
      }
      const hash = hashOf(query, seed)
      const isNew = domain.names.add(hash, atMs)
      const characters = domain.characters.add(isNew ? name.carried : 0, atMs)
      if (domain.names.size >= manyNames && characters >= manyCharacters && domain.said.now(atMs))
        tell(
          flagOf(dnsManyNames, event, {
            what: name.domain,
            matched: [
              ['QueryName', query],
              ['domain', name.domain],
              ['different names', domain.names.size],
            ],
          }),
        )
      if (!name.isEncoded) return
      domain.encoded.add(hash, atMs)
      asked.encoded.add(hash, atMs)
      const isOneDomain = domain.encoded.size >= encodedNames
      const isSpread = asked.encoded.size >= encodedNamesSpread
      if (!isOneDomain && !isSpread) return
      if (!(isOneDomain ? domain.saidEncoded : asked.said).now(atMs)) return
      tell(
        flagOf(dnsExfiltration, event, {
          what: isOneDomain ? name.domain : 'many domains',
          matched: [
            ['QueryName', query],
            ['domain', isOneDomain ? name.domain : 'many'],
            ['different encoded names', isOneDomain ? domain.encoded.size : asked.encoded.size],
          ],
        }),
      )
    },
  }
}
