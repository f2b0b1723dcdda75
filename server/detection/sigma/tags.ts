// ATT&CK and ATLAS in the tags of a rule, in all spellings that are about: tactics with hyphens or underscores, ids in small letters.

export type ReadTags = { techniques: string[]; tactics: string[]; atlas: string[] }

export function readTags(tags: readonly string[], formerly: readonly string[], atlas: readonly string[]): ReadTags {
  const read: ReadTags = { techniques: [], tactics: [], atlas: [...atlas] }
  for (const tag of [...tags, ...formerly]) {
    const [, space, name] = /^(attack|atlas|mitre_attack|mitre-attack)\.(.+)$/i.exec(tag.trim()) ?? []
    if (space === undefined || name === undefined) continue
    if (/^(aml\.)?t\d{4}(\.\d{3})?$/i.test(name) && (/^atlas$/i.test(space) || /^aml/i.test(name)))
      read.atlas.push(`AML.${name.replace(/^aml\./i, '').toUpperCase()}`)
    else if (/^t\d{4}(\.\d{3})?$/i.test(name)) read.techniques.push(name.toUpperCase())
    else if (/^[a-z][a-z]+([-_ ][a-z]+)*$/i.test(name)) read.tactics.push(name.toLowerCase().replace(/[_ ]/g, '-'))
  }
  return {
    techniques: [...new Set(read.techniques)],
    tactics: [...new Set(read.tactics)],
    atlas: [...new Set(read.atlas)],
  }
}
