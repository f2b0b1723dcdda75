// What the egress cut writes for nft and ss, and how it reads their answers: without a kernel.
import { expect, test } from 'vitest'
import { noEgress, openEgress } from './egress.ts'
import { SharedReading, Turns, WishBatch } from './egress-batch.ts'
import { indexFlows } from './egress-flows.ts'
import { droppedAtDevice, parseCutListing, parseDeviceChain, parseDeviceListing } from './egress-listing.ts'
import {
  addScript,
  cutDevicesScript,
  deleteScript,
  deviceChains,
  ensureScript,
  replaceScript,
} from './egress-script.ts'
import { addressFilters, cgroupFilters, isOpen, parseFlow } from './kill-flows.ts'
import { findPeers, parseLinks, parseNamespaceIds } from './veth-peer.ts'

const table = { name: 'vigil_cut_x', level: 2 }

test('the script brings the table into shape whatever is there, and never without its drop rules', () => {
  expect(ensureScript(table)).toBe(`table inet vigil_cut_x {
  set cut { typeof socket cgroupv2 level 2; counter; }
  set passed { typeof socket cgroupv2 level 2; counter; }
  chain out { type filter hook output priority -310; policy accept; }
  chain into { type filter hook input priority -310; policy accept; }
  chain out_passed { type filter hook output priority 310; policy accept; }
  chain into_passed { type filter hook input priority 310; policy accept; }
}
flush chain inet vigil_cut_x out
flush chain inet vigil_cut_x into
flush chain inet vigil_cut_x out_passed
flush chain inet vigil_cut_x into_passed
add rule inet vigil_cut_x out socket cgroupv2 level 2 @cut drop
add rule inet vigil_cut_x into socket cgroupv2 level 2 @cut drop
add rule inet vigil_cut_x out_passed socket cgroupv2 level 2 @passed
add rule inet vigil_cut_x into_passed socket cgroupv2 level 2 @passed
`)
  expect(replaceScript(table, [{ path: 'unified/vigil/a', dropped: 7 }])).toBe(
    `table inet vigil_cut_x {\n}\ndelete table inet vigil_cut_x\n${ensureScript(table)}` +
      `add element inet vigil_cut_x cut { "unified/vigil/a" counter packets 7 bytes 0 }\n` +
      `add element inet vigil_cut_x passed { "unified/vigil/a" }\n`,
  )
})

test('all sessions of one run are in one element list, and deleting one that is not there is harmless', () => {
  const paths = ['unified/vigil/a', 'unified/vigil/b_2e']
  expect(
    addScript(
      table,
      paths.map((path) => ({ path })),
    ),
  ).toContain('add element inet vigil_cut_x cut { "unified/vigil/a", "unified/vigil/b_2e" }\n')
  expect(deleteScript(table, paths)).toMatch(
    /\nadd element inet vigil_cut_x cut (\{.*\})\ndelete element inet vigil_cut_x cut \1\n/,
  )
  expect(addScript(table, [])).toBe('')
  expect(deleteScript(table, [])).toBe('')
})

test.each(['a"b', 'a b', 'a\nb', 'a{b', '', 'a;b', 'a#b', 'a*'])('a cgroup path %j never reaches a script', (path) => {
  expect(() => addScript(table, [{ path }])).toThrow('unfit cgroup path')
  expect(() => deleteScript(table, [path])).toThrow('unfit cgroup path')
})

const cut = { device: 'veth1', ifindex: 6, netns: 4026532177, cgroupId: 75151 }

test('a device name that nft could misread never reaches a script', () => {
  for (const device of ['a"b', 'a b', '', 'sixteen-letters-', 'a;b', 'ä']) {
    expect(() => cutDevicesScript('x', [{ ...cut, device }])).toThrow('unfit device name')
  }
})

const listing = (out: string, loose = '') => `table inet vigil_cut_x {
${loose}	set cut {
		typeof socket cgroupv2 level 0
		counter
		elements = { 75151 counter packets 5 bytes 300,
			     "unified/vigil/b" counter packets 0 bytes 0 }
	}

	set passed {
		typeof socket cgroupv2 level 0
		counter
		elements = { 75151 counter packets 1 bytes 60 }
	}

	chain out {
		type filter hook output priority -310; policy accept;
${out}	}

	chain into {
		type filter hook input priority -310; policy accept;
		socket cgroupv2 level 2 @cut drop
	}

	chain out_passed {
		type filter hook output priority 310; policy accept;
		socket cgroupv2 level 2 @passed
	}

	chain into_passed {
		type filter hook input priority 310; policy accept;
		socket cgroupv2 level 2 @passed
	}
}
`
const rule = '\t\tsocket cgroupv2 level 2 @cut drop\n'

test('a listing gives the elements with their counters, by cgroup id or path', () => {
  const read = parseCutListing(listing(rule), 2)
  expect(read).toMatchObject({ drops: true, watches: true })
  expect([...read.cut]).toEqual([
    ['75151', 5],
    ['unified/vigil/b', 0],
  ])
  expect([...read.passed]).toEqual([['75151', 1]])
})

test.each([
  ['no rule', ''],
  ['a rule before it', `\t\taccept\n${rule}`],
  ['a rule for another depth', '\t\tsocket cgroupv2 level 3 @cut drop\n'],
  ['a condition more', '\t\tip daddr 203.0.113.1 socket cgroupv2 level 2 @cut drop\n'],
  ['no verdict', '\t\tsocket cgroupv2 level 2 @cut\n'],
])('a drop chain with %s is not in force', (_, out) => {
  expect(parseCutListing(listing(out), 2)).toMatchObject({ drops: false, watches: true })
})

test('a table that sleeps, is empty or is no table is not in force', () => {
  expect(parseCutListing(listing(rule, '\tflags dormant\n\n'), 2)).toMatchObject({ drops: false, watches: false })
  expect(parseCutListing('table inet vigil_cut_x {\n}\n', 2)).toMatchObject({ drops: false, watches: false })
  expect(parseCutListing('', 2)).toMatchObject({ drops: false, watches: false })
})

test('the chains of a device tell whose they are, and count only while they drop everything', () => {
  const text = (body: string) =>
    `table netdev x {\n${deviceChains(cut)
      .map(({ name, header }) => `\tchain ${name} {\n\t\t${header}\n\t\t${body}\n\t}\n`)
      .join('\n')}}\n`
  const read = parseDeviceListing(text('counter packets 4 bytes 200 drop'))
  expect(droppedAtDevice(read, cut)).toBe(8)
  expect([...read.chains].map(([name, { header }]) => parseDeviceChain(name, header))).toEqual([cut, cut])
  expect(droppedAtDevice(parseDeviceListing(text('counter packets 4 bytes 200')), cut)).toBeUndefined()
  expect(droppedAtDevice(parseDeviceListing(''), cut)).toBeUndefined()
  expect(parseDeviceChain('mine', 'type filter')).toBeUndefined()
})

test('a line of ss tells whose socket it is, also when its cgroup is gone, and a cgroup name cannot fool it', () => {
  const line = 'tcp ESTAB 0 0 [::ffff:203.0.113.1]:58178 203.0.113.2:443 uid:7 ino:20 sk:710a'
  expect(parseFlow(`${line} cgroup:unreachable:134d9 <-> cgroup:unreachable:134d9`)).toMatchObject({
    inode: 20,
    cookie: '710a',
    cgroup: undefined,
    goneCgroup: 79065,
  })
  expect(parseFlow(`${line} cgroup:/vigil/a b ino:9 sk:9 cgroup:/vigil/z <->`)).toMatchObject({
    inode: 20,
    cookie: '710a',
    cgroup: '/vigil/a',
  })
  expect(parseFlow('p_raw UNCONN 0 0 [768]:* *  ino:2003857 sk:6471 ver:0')).toMatchObject({ inode: 2003857 })
  expect(parseFlow('Failed to open cgroup2 by ID')).toBeUndefined()
  expect(parseFlow('')).toBeUndefined()
})

test.each([
  ['tcp', 'ESTAB', true],
  ['tcp', 'SYN-SENT', true],
  ['tcp', 'FIN-WAIT-1', true],
  ['tcp', 'CLOSE-WAIT', true],
  ['tcp', 'LISTEN', false],
  ['tcp', 'TIME-WAIT', false],
  ['tcp', 'UNCONN', false],
  ['udp', 'ESTAB', true],
  ['udp', 'UNCONN', false],
  ['p_raw', 'UNCONN', false],
])('%s in state %s: open is %s', (protocol, state, open) => {
  const flow = parseFlow(`${protocol} ${state} 0 0 127.0.0.1:1 127.0.0.1:2 ino:1 sk:1`)
  expect(flow && isOpen(flow)).toBe(open)
})

test('filters join many cgroups in few arguments, and leave out names that ss could misread', () => {
  const folders = Array.from({ length: 600 }, (_, n) => `/sys/fs/cgroup/unified/vigil/s${n}`)
  const filters = cgroupFilters([...folders, '/x/a b', '/x/a)or(src', '/x/ä'])
  expect(filters).toHaveLength(3)
  expect(filters.join(' or ').split(' or ')).toEqual(folders.map((folder) => `cgroup = ${folder}`))
  for (const filter of cgroupFilters(folders.map((folder) => folder + 'x'.repeat(3_000)))) {
    expect(filter.length).toBeLessThan(64_000)
  }
})

test('a flow is killed by its exact addresses, without the device, whose name an agent may have chosen', () => {
  const flow = (local: string, remote: string) => parseFlow(`tcp ESTAB 0 0 ${local} ${remote} ino:1 sk:1`)
  const flows = [
    flow('[fe80::1]%a)or(src:5', '[2001:db8::2]:443'),
    flow('203.0.113.1:1', '203.0.113.2:2'),
    flow('*:1', 'x:2'),
  ]
  expect(addressFilters(flows.flatMap((one) => one ?? []))).toEqual([
    '( src = [fe80::1]:5 and dst = [2001:db8::2]:443 ) or ( src = 203.0.113.1:1 and dst = 203.0.113.2:2 )',
  ])
  expect(indexFlows(flows.flatMap((one) => one ?? [])).byInode.get(1)?.local).toBe('*:1')
})

test('a device is the peer only when both ends and the namespace agree', () => {
  const veth = (ifname: string, ifindex: number, link_index: number, link_netnsid?: number) => ({
    ifname,
    ifindex,
    link_index,
    ...(link_netnsid === undefined ? {} : { link_netnsid }),
    linkinfo: { info_kind: 'veth' },
  })
  const links = (...all: object[]) => parseLinks(JSON.stringify(all))
  const loopback = { ifname: 'lo', ifindex: 1, link_type: 'loopback' }
  const inside = links(loopback, veth('eth0', 2, 6, 0), {
    ifname: 'br0',
    ifindex: 9,
    linkinfo: { info_kind: 'bridge' },
  })
  expect(findPeers(inside, links(veth('veth6', 6, 2, 3)), 3)).toEqual({
    peers: [{ device: 'veth6', ifindex: 6 }],
    others: [],
  })
  const nothing = { peers: [], others: ['eth0'] }
  expect(findPeers(inside, links(veth('veth6', 6, 2, 4)), 3)).toEqual(nothing)
  expect(findPeers(inside, links(veth('veth6', 6, 7, 3)), 3)).toEqual(nothing)
  expect(findPeers(inside, links(veth('veth6', 7, 2, 3)), 3)).toEqual(nothing)
  expect(findPeers(inside, links(veth('ve"th', 6, 2, 3)), 3)).toEqual(nothing)
  const physical = { ifname: 'eno1', ifindex: 3 }
  const tun = { ifname: 'tun0', ifindex: 4, linkinfo: { info_kind: 'tun' } }
  expect(findPeers(links(physical, tun), [], 3)).toEqual({ peers: [], others: ['eno1', 'tun0'] })
  expect(parseLinks('no json')).toEqual([])
  expect([...parseNamespaceIds('4026531833 unassigned\n4026532177 0\n')]).toEqual([[4026532177, 0]])
})

test('calls that arrive while a reading is in flight share the next one, and never get one that began before they asked', async () => {
  let runs = 0
  const shared = new SharedReading(async () => {
    const run = ++runs
    await new Promise((resolve) => setTimeout(resolve, 20))
    return run
  })
  const first = Promise.all([shared.read(), shared.read(), shared.read()])
  await new Promise((resolve) => setTimeout(resolve, 10))
  const second = Promise.all([shared.read(), shared.read()])
  expect([await first, await second, runs]).toEqual([[1, 1, 1], [2, 2], 2])
})

test('a reading that fails fails for those who asked, and not for those who ask later', async () => {
  let fail = true
  const shared = new SharedReading(async () => {
    if (fail) throw new Error('no')
    return 'yes'
  })
  await expect(shared.read()).rejects.toThrow('no')
  fail = false
  expect(await shared.read()).toBe('yes')
})

test('wishes join the next run, those of one subject stay in order, and one that fails fails alone', async () => {
  const runs: string[][] = []
  const batch = new WishBatch<string, string>(async (wishes) => {
    runs.push(wishes)
    await new Promise((resolve) => setTimeout(resolve, 5))
    return wishes.map((wish) =>
      wish === 'bad' ? { ok: false, error: new Error('refused') } : { ok: true, value: `${wish} done` },
    )
  })
  const all = [batch.ask('cut a', 'a'), batch.ask('bad', 'b'), batch.ask('free a', 'a'), batch.ask('cut c', 'c')]
  const settled = await Promise.allSettled(all)
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
  expect(runs).toEqual([['cut a', 'bad', 'cut c'], ['free a']])
})

test('while one waits for its turn to kill, those that never had one go first', async () => {
  const turns = new Turns(1)
  const order: string[] = []
  const work = (name: string) => async () => {
    order.push(name)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const all = ['crowd', 'crowd', 'crowd', 'new'].map((name) => turns.take(name, work(name)))
  await Promise.all(all)
  expect(order).toEqual(['crowd', 'new', 'crowd', 'crowd'])
})

test('a run that takes long holds only those that are in it', async () => {
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const batch = new WishBatch<string, string>(async (wishes) => {
    if (wishes.includes('slow')) await held
    return wishes.map((value) => ({ ok: true, value }))
  }, 2)
  const slow = batch.ask('slow', 'a')
  await new Promise((resolve) => setTimeout(resolve, 5))
  expect(await batch.ask('good', 'b')).toBe('good')
  release()
  expect(await slow).toBe('slow')
})

test('a host without cgroups says before anyone clicks that it cannot take the network away, and why', async () => {
  const found = await openEgress({ home: undefined, owner: 'nobody', hostNetns: 1, warn: () => {} })
  expect(found).toMatchObject({ ok: false, reason: expect.stringMatching(/^it needs (root|cgroup v2)$/) })
  expect(noEgress('it needs root')).toEqual({
    name: 'network',
    can: 'no',
    enforcer: '',
    detail: 'The network cannot be taken away here: it needs root.',
  })
})
