// Names of the system calls that are read, by architecture. RAW logs carry only numbers, and a number means another call elsewhere.
// Source: the kernel's unistd headers; `arch` values are AUDIT_ARCH_* of linux/audit.h.

/** Each name with its number on x86_64, i386 (and 32-bit ARM where it is the same) and the generic table; 0 where there is none. */
const table = `
execve 59 11 221 | execveat 322 358 281 | connect 42 362 203 | accept 43 0 202 | accept4 288 364 242 | bind 49 361 200
sendto 44 369 206 | sendmsg 46 370 211 | sendmmsg 307 345 269 | exit 60 1 93 | exit_group 231 252 94 | clone 56 120 220
clone3 435 435 435 | fork 57 2 0 | vfork 58 190 0 | open 2 5 0 | openat 257 295 56 | openat2 437 437 437 | creat 85 8 0
unlink 87 10 0 | unlinkat 263 301 35 | rmdir 84 40 0 | rename 82 38 0 | renameat 264 302 38 | renameat2 316 353 276
truncate 76 92 45 | chmod 90 15 0 | fchmodat 268 306 53 | fchmodat2 452 452 452 | chown 92 182 0 | lchown 94 16 0
fchownat 260 298 54 | setxattr 188 226 5 | lsetxattr 189 227 6 | removexattr 197 235 14 | lremovexattr 198 236 15
link 86 9 0 | linkat 265 303 37 | symlink 88 83 0 | symlinkat 266 304 36 | mkdir 83 39 0 | mkdirat 258 296 34
mknod 133 14 0 | mknodat 259 297 33 | socketcall 0 102 0`

const x86_64 = new Map<number, string>()
const i386 = new Map<number, string>()
const generic = new Map<number, string>()
for (const row of table.split(/[|\n]/)) {
  const [name, ...numbers] = row.trim().split(' ')
  if (name === undefined || numbers.length < 3) continue
  for (const [index, names] of [x86_64, i386, generic].entries()) {
    const number = Number(numbers[index])
    if (number > 0) names.set(number, name)
  }
}

/** EABI shares the old numbers of i386 and has its own for everything younger. */
const arm = new Map<number, string>([
  ...[...i386].filter(([number]) => number < 200 && number !== 102),
  [212, 'chown'],
  [248, 'exit_group'],
  [282, 'bind'],
  [283, 'connect'],
  [285, 'accept'],
  [290, 'sendto'],
  [296, 'sendmsg'],
  [322, 'openat'],
  [323, 'mkdirat'],
  [325, 'fchownat'],
  [328, 'unlinkat'],
  [329, 'renameat'],
  [333, 'fchmodat'],
  [366, 'accept4'],
  [374, 'sendmmsg'],
  [382, 'renameat2'],
  [387, 'execveat'],
  [435, 'clone3'],
  [437, 'openat2'],
  [452, 'fchmodat2'],
])

const byArch = new Map<string, ReadonlyMap<number, string>>([
  ['c000003e', x86_64],
  ['40000003', i386],
  ['c00000b7', generic], // aarch64
  ['c00000f3', generic], // riscv64
  ['c0000102', generic], // loongarch64
  ['40000028', arm],
])

const socketCalls = new Map<string, string>([
  ['2', 'bind'],
  ['3', 'connect'],
  ['5', 'accept'],
  ['b', 'sendto'],
  ['10', 'sendmsg'],
  ['12', 'accept4'],
  ['14', 'sendmmsg'],
])

/** `firstRegister` tells which call `socketcall` stands for. Undefined for an unknown architecture or a call that is not read. */
export function syscallName(arch: string, number: number, firstRegister: string | undefined): string | undefined {
  const name = byArch.get(arch)?.get(number)
  return name === 'socketcall' ? socketCalls.get(firstRegister ?? '') : name
}
