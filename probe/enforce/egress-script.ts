// The nft scripts of the egress cut, as text: what is declared, dropped and counted. Pure. Every script is one transaction and may
// be run again; none leaves a moment without the drop. Nothing that an agent wrote may reach a script.
export type CutTable = {
  name: string
  /** Depth of a session's cgroup. */
  level: number
}

/** A session's cgroup as nft names it, with what its counters must start from. */
export type CutElement = { path: string; dropped?: number | undefined; passed?: number | undefined }

/** Before conntrack and everything else, and after everything else. */
export const dropPriority = -310
export const watchPriority = 310

/** The chains in the words in which they are declared, and in which `nft -y list` must show them again. */
export function chainsOf(level: number): { name: string; header: string; rule: string; drops: boolean }[] {
  const chain = (name: string, hook: 'output' | 'input', drops: boolean) => ({
    name,
    header: `type filter hook ${hook} priority ${drops ? dropPriority : watchPriority}; policy accept;`,
    rule: `socket cgroupv2 level ${level} @${drops ? 'cut drop' : 'passed'}`,
    drops,
  })
  return [
    chain('out', 'output', true),
    chain('into', 'input', true),
    chain('out_passed', 'output', false),
    chain('into_passed', 'input', false),
  ]
}

function setsOf({ level }: CutTable): string[] {
  return ['cut', 'passed'].map((set) => `  set ${set} { typeof socket cgroupv2 level ${level}; counter; }`)
}

/** Brings table, sets, chains and rules into shape whatever of them is there; elements stay as they are. */
export function ensureScript(table: CutTable): string {
  const chains = chainsOf(table.level)
  return lines(
    `table inet ${table.name} {`,
    ...setsOf(table),
    ...chains.map(({ name, header }) => `  chain ${name} { ${header} }`),
    '}',
    ...chains.map(({ name }) => `flush chain inet ${table.name} ${name}`),
    ...chains.map(({ name, rule }) => `add rule inet ${table.name} ${name} ${rule}`),
  )
}

/** For a table of a wrong shape: away with it and a new one with these elements, in one transaction. */
export function replaceScript(table: CutTable, elements: readonly CutElement[]): string {
  return removeTableScript('inet', table.name) + ensureScript(table) + addScript(table, elements)
}

export function addScript(table: CutTable, elements: readonly CutElement[]): string {
  if (elements.length === 0) return ''
  const list = (of: 'dropped' | 'passed') =>
    elements.map((element) => `${quoted(element.path)}${counter(element[of])}`).join(', ')
  return lines(
    `add element inet ${table.name} cut { ${list('dropped')} }`,
    `add element inet ${table.name} passed { ${list('passed')} }`,
  )
}

/** nft 1.0.6 has no `destroy`: what is added first can be deleted whether it was there or not. */
export function deleteScript(table: CutTable, paths: readonly string[]): string {
  if (paths.length === 0) return ''
  const list = paths.map(quoted).join(', ')
  return lines(
    `table inet ${table.name} {`,
    ...setsOf(table),
    '}',
    ...['cut', 'passed'].flatMap((set) => [
      `add element inet ${table.name} ${set} { ${list} }`,
      `delete element inet ${table.name} ${set} { ${list} }`,
    ]),
  )
}

/** Also harmless when there is none. */
export function removeTableScript(family: 'inet' | 'netdev', name: string): string {
  return lines(`table ${family} ${name} {`, '}', `delete table ${family} ${name}`)
}

/** The host's end of a veth pair whose other end is in a session's own network namespace. */
export type DeviceCut = {
  device: string
  ifindex: number
  /** Inode of the namespace at the other end. */
  netns: number
  /** Id of the session's cgroup, which is the inode of its folder. */
  cgroupId: number
}

/** Names of the two chains of a device: they tell whose they are, also after a restart of the probe. */
export function deviceChains(cut: DeviceCut): { name: string; header: string }[] {
  return (['ingress', 'egress'] as const).map((hook) => ({
    name: `${hook}_${cut.ifindex}_${cut.netns}_${cut.cgroupId}`,
    header: `type filter hook ${hook} device "${cut.device}" priority ${dropPriority}; policy accept;`,
  }))
}

export function cutDevicesScript(name: string, cuts: readonly DeviceCut[]): string {
  if (cuts.length === 0) return ''
  for (const { device } of cuts)
    if (!isPlainDevice(device)) throw new Error(`unfit device name ${JSON.stringify(device)}`)
  const chains = cuts.flatMap(deviceChains)
  return lines(
    `table netdev ${name} {`,
    ...chains.map((chain) => `  chain ${chain.name} { ${chain.header} }`),
    '}',
    ...chains.map((chain) => `flush chain netdev ${name} ${chain.name}`),
    ...chains.map((chain) => `add rule netdev ${name} ${chain.name} counter drop`),
  )
}

/** `chains`: names as they were listed a moment ago. */
export function freeDevicesScript(name: string, chains: readonly string[]): string {
  return lines(
    ...chains.flatMap((chain) => [`flush chain netdev ${name} ${chain}`, `delete chain netdev ${name} ${chain}`]),
  )
}

/** The kernel allows quotes and more in a device's name; nft has no way to write those. */
export function isPlainDevice(name: string): boolean {
  return /^[A-Za-z0-9_.@-]{1,15}$/.test(name)
}

function counter(packets: number | undefined): string {
  return packets === undefined || packets === 0 ? '' : ` counter packets ${packets} bytes 0`
}

/** Folder names of our own come from `encodeSessionFolder`, the folder above them from the host; others must be read first. */
export function isPlainPath(path: string): boolean {
  return /^[\w./:@\\+-]+$/.test(path)
}

function quoted(path: string): string {
  if (!isPlainPath(path)) throw new Error(`unfit cgroup path ${JSON.stringify(path)}`)
  return `"${path}"`
}

function lines(...all: string[]): string {
  return all.length === 0 ? '' : `${all.join('\n')}\n`
}
