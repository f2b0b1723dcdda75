// What a hook of a tracing policy saw: a kernel function with its arguments. Known functions are connections and file accesses; every
// other hook is the policy's own judgement. A hook that stopped something is an alert as well, whatever else it is.
import type { NetEnd, ReportedProcess } from '../protocol/signal.ts'
import type { AuditFact } from './auditd-fact.ts'
import { errorOf, pendingErrors } from './auditd-values.ts'
import {
  countOf,
  defined,
  endOf,
  fieldOf,
  isObject,
  type JsonObject,
  longText,
  numberOf,
  objectIn,
  protocolOf,
  shortText,
} from './normal-values.ts'

/** A host sensor's fact, as auditd's are. */
export type TetragonFact = AuditFact
type ConnectionWhat = Extract<TetragonFact, { kind: 'connection.reported' }>['data']['what']
type FileWhat = Extract<TetragonFact, { kind: 'file.reported' }>['data']['what']

/** Without the prefixes of architectures, `security_` and `sys_`: see `bareName`. */
const connectionFunctions = new Map<string, ConnectionWhat>([
  ['tcp_connect', 'connected'],
  ['tcp_v4_connect', 'connected'],
  ['tcp_v6_connect', 'connected'],
  ['connect', 'connected'],
  ['socket_connect', 'connected'],
  ['inet_stream_connect', 'connected'],
  ['inet_dgram_connect', 'connected'],
  ['ip4_datagram_connect', 'connected'],
  ['ip6_datagram_connect', 'connected'],
  ['accept', 'accepted'],
  ['accept4', 'accepted'],
  ['inet_csk_accept', 'accepted'],
  ['bind', 'listening'],
  ['listen', 'listening'],
  ['socket_bind', 'listening'],
  ['inet_bind', 'listening'],
  ['inet6_bind', 'listening'],
  ['inet_csk_listen_start', 'listening'],
  ['inet_listen', 'listening'],
  ['tcp_close', 'closed'],
  ['inet_release', 'closed'],
  ['inet_csk_destroy_sock', 'closed'],
  ['tcp_sendmsg', 'sent'],
  ['udp_sendmsg', 'sent'],
  ['udpv6_sendmsg', 'sent'],
  ['sendto', 'sent'],
  ['sendmsg', 'sent'],
  ['socket_sendmsg', 'sent'],
  ['ip_send_skb', 'sent'],
])

const fileFunctions = new Map<string, FileWhat>([
  ['fd_install', 'opened'],
  ['file_open', 'opened'],
  ['open', 'opened'],
  ['openat', 'opened'],
  ['openat2', 'opened'],
  ['do_sys_open', 'opened'],
  ['do_sys_openat2', 'opened'],
  ['read', 'opened'],
  ['vfs_read', 'opened'],
  ['write', 'written'],
  ['pwrite64', 'written'],
  ['writev', 'written'],
  ['vfs_write', 'written'],
  ['creat', 'written'],
  ['path_truncate', 'written'],
  ['file_truncate', 'written'],
  ['truncate', 'written'],
  ['unlink', 'deleted'],
  ['unlinkat', 'deleted'],
  ['rmdir', 'deleted'],
  ['path_unlink', 'deleted'],
  ['path_rmdir', 'deleted'],
  ['inode_unlink', 'deleted'],
  ['vfs_unlink', 'deleted'],
  ['rename', 'renamed'],
  ['renameat', 'renamed'],
  ['renameat2', 'renamed'],
  ['path_rename', 'renamed'],
  ['inode_rename', 'renamed'],
  ['vfs_rename', 'renamed'],
  ['chmod', 'changed'],
  ['fchmodat', 'changed'],
  ['path_chmod', 'changed'],
  ['chown', 'changed'],
  ['fchownat', 'changed'],
  ['path_chown', 'changed'],
  ['mmap_file', 'other'],
  ['path_mkdir', 'other'],
  ['path_mknod', 'other'],
  ['path_link', 'other'],
  ['path_symlink', 'other'],
  ['file_permission', 'other'], // by its mask, see `fileWhat`
])

/** `__x64_sys_connect`, `sys_enter_connect`, `security_socket_connect` and `tcp_connect` are what they do. */
function bareName(name: string): string {
  return name
    .replace(/^__(?:x64|ia32|ia32_compat|arm64|riscv|s390x|se|do)_/, '')
    .replace(/^_{1,2}/, '')
    .replace(/^(?:k?sys_(?:enter_|exit_)?|security_)/, '')
}

/** `inKernel`: only there the functions' names mean what the tables above say; a program may call its own as it likes. */
export type Hook = { name: string; inKernel: boolean; told: JsonObject; process: ReportedProcess }

export function hookFacts({
  name,
  inKernel,
  told,
  process,
}: Hook): { what: string; facts: TetragonFact[] } | { skipped: string } {
  const args = Array.isArray(told.args) ? told.args.filter(isObject).slice(0, 64) : []
  const bare = inKernel ? bareName(name) : ''
  const action = actionOf(told.action)
  const alert: TetragonFact[] = action === 'blocked' ? [alertFact(name, told, process, action)] : []
  const what = connectionFunctions.get(bare)
  const connection = what === undefined ? undefined : connectionFact(what, bare, args, told, process)
  if (connection) return { what: 'connection', facts: [connection, ...alert] }
  if (what !== undefined && alert.length === 0) return { skipped: 'hook on a socket without an internet address' }
  const fileKind = fileFunctions.get(bare)
  const files = fileKind === undefined ? [] : fileFacts(fileWhat(bare, fileKind, args), args, told, process)
  if (files.length > 0) return { what: 'file', facts: [...files, ...alert] }
  if ((bare === 'close' || fileKind !== undefined) && alert.length === 0) {
    return { skipped: 'hook on a file without its path' }
  }
  return { what: 'alert', facts: [alertFact(name, told, process, action)] }
}

function actionOf(value: unknown): 'blocked' | 'allowed' | 'unknown' {
  const action = typeof value === 'string' ? value.replace(/^KPROBE_ACTION_/, '') : ''
  if (action === 'SIGKILL' || action === 'OVERRIDE' || action === 'NOTIFYENFORCER' || action === 'NOTIFYKILLER') {
    return 'blocked'
  }
  return action === 'POST' ? 'allowed' : 'unknown'
}

/** Watched hooks are information; one that stopped something was meant to be noticed. */
function alertFact(
  name: string,
  told: JsonObject,
  process: ReportedProcess,
  action: 'blocked' | 'allowed' | 'unknown',
): TetragonFact {
  const policy = shortText(told.policy_name)
  return {
    kind: 'alert.raised',
    data: defined({
      basis: 'host' as const,
      title: policy ?? shortText(name) ?? 'Tetragon hook',
      ruleId: policy,
      category: shortText(name),
      severity: action === 'blocked' ? ('medium' as const) : ('info' as const),
      action,
      message: longText(messageOf(name, told)),
      process,
    }),
  }
}

function messageOf(name: string, told: JsonObject): string {
  const said = shortText(told.message)
  const subject = [told.path, told.symbol].flatMap((value) => shortText(value) ?? [])
  const args = Array.isArray(told.args) && told.args.length > 0 ? JSON.stringify(told.args.slice(0, 8)) : undefined
  return [said, [name, ...subject].join(' '), args].filter((part) => part !== undefined).join(': ')
}

function connectionFact(
  what: ConnectionWhat,
  bare: string,
  args: readonly JsonObject[],
  told: JsonObject,
  process: ReportedProcess,
): TetragonFact | undefined {
  const returned = objectIn(told, 'return')
  // The socket that accept gives back is the connection's; the one that it is given is the listening one.
  const sources = what === 'accepted' ? [returned, ...args] : args
  const { local, remote, protocol } = socketOf(sources, what)
  if (what === 'listening' ? (local?.port ?? 0) === 0 : remote === undefined) return undefined
  const result = numberOf(returned.int_arg ?? returned.long_arg)
  const error = what === 'connected' || what === 'listening' ? errorOf(result) : undefined
  const succeeded = result === undefined || (error !== undefined && pendingErrors.has(error)) ? undefined : result >= 0
  const overridden = told.action === 'KPROBE_ACTION_OVERRIDE'
  return {
    kind: 'connection.reported',
    data: defined({
      what,
      process,
      protocol: protocol ?? (/^(?:tcp|udp)/.exec(bare)?.[0] || 'unknown'),
      local,
      remote: what === 'listening' ? undefined : remote,
      succeeded: overridden ? false : what === 'connected' || what === 'listening' ? succeeded : undefined,
      error,
      bytesOut: what === 'sent' && bare.endsWith('sendmsg') ? sizeOf(args) : undefined,
    }),
  }
}

function sizeOf(args: readonly JsonObject[]): number | undefined {
  for (const arg of args) {
    const size = countOf(arg.size_arg ?? arg.int_arg)
    if (size !== undefined) return size
  }
  return undefined
}

type Socket = { local?: NetEnd; remote?: NetEnd; protocol?: string }

/** `sock_arg` knows both ends, `sockaddr_arg` the one that the call names, `skb_arg` a packet's. */
function socketOf(args: readonly JsonObject[], what: ConnectionWhat): Socket {
  for (const arg of args) {
    const given = [arg.sock_arg, arg.socket_arg, arg.skb_arg].find(isObject)
    if (given) {
      const local = endOf(given.saddr, given.sport)
      const remote = endOf(given.daddr, given.dport)
      const isAny = remote !== undefined && /^(?:0\.0\.0\.0|::)$/.test(remote.address)
      const protocol = protocolName(given.protocol ?? given.proto)
      if (local !== undefined || remote !== undefined) {
        return defined({ local, remote: isAny ? undefined : remote, protocol })
      }
    }
    const named = fieldOf(arg, 'sockaddr_arg')
    if (isObject(named)) {
      const end = endOf(named.addr ?? named.address ?? named.sin_addr, named.port ?? named.sin_port)
      if (end) return what === 'listening' ? { local: end } : { remote: end }
    }
  }
  return {}
}

/** `IPPROTO_TCP`, `TCP`, or a number. */
export function protocolName(value: unknown): string | undefined {
  return protocolOf(typeof value === 'string' ? value.replace(/^IPPROTO_/, '') : value)
}

/** Read and write masks of `security_file_permission` (MAY_WRITE 2, MAY_READ 4, MAY_APPEND 8). */
function fileWhat(bare: string, what: FileWhat, args: readonly JsonObject[]): FileWhat {
  if (bare !== 'file_permission') return what
  const mask = args.map((arg) => countOf(arg.int_arg ?? arg.uint_arg)).find((value) => value !== undefined) ?? 0
  return (mask & 10) !== 0 ? 'written' : (mask & 4) !== 0 ? 'opened' : what
}

/** One fact a path: a rename has two. */
function fileFacts(
  what: FileWhat,
  args: readonly JsonObject[],
  told: JsonObject,
  process: ReportedProcess,
): TetragonFact[] {
  const named = args.flatMap((arg) => {
    const given = [arg.file_arg, arg.path_arg, arg.dentry_arg, arg.linux_binprm_arg].find(isObject)
    return longText(given?.path) ?? []
  })
  // System calls give their paths as text; a written text could as well be what was written.
  const texts = what === 'written' ? [] : args.flatMap((arg) => longText(arg.string_arg) ?? [])
  const paths = named.length > 0 ? named : texts.filter((text) => text.startsWith('/') || text.includes('/'))
  const succeeded = told.action === 'KPROBE_ACTION_OVERRIDE' ? false : undefined
  return [...new Set(paths)]
    .slice(0, what === 'renamed' ? 2 : 1)
    .map((path) => ({ kind: 'file.reported', data: defined({ what, process, path, succeeded }) }))
}
