// What the worst commands that we could make cost: texts that are long, deep, or chosen so that many rules must be asked and many flags rise.
import { rehearse } from '../../server/detection/rehearse.ts'
import type { RuleSet } from '../../server/detection/sigma/compile-rules.ts'
import type { SigmaRule } from '../../server/detection/sigma/sigma-rule.ts'
import { openWatch } from '../../server/detection/watch.ts'
import { loadShellReader } from '../../server/open-detection.ts'
import type { Figure } from './figure.ts'

const rounds = 12
/** Words that rules look for. */
const triggers =
  'ssh -R;nc -e /bin/sh;xmrig;curl http://192.0.2.1;base64 -d;/etc/shadow;nsenter;chmod u+s;crontab;LD_PRELOAD;insmod;nmap -sS;stratum+tcp://;authorized_keys;python -c;eval;socat;docker.sock;iptables -F;useradd;dd if=;mkfs;wget;chisel;frpc;aws s3 cp'.split(
    ';',
  )

/** The worst shape's best and worst of some rounds, read and judged; nothing of it is remembered from one round to the next. */
export async function worstCommandFigures(ruleSet: RuleSet, rules: readonly SigmaRule[]): Promise<Figure[]> {
  const readShell = await loadShellReader()
  // As a server does once it has started, in slices.
  for (const _ of rehearse(ruleSet, readShell));
  const measured = [...shapes(rules)].map(([name, text]) => {
    const times: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      const watch = openWatch({ ruleSet, readShell })
      // In one piece, as it comes out of a message: a text that is joined when it is first read would be joined in the time that is measured.
      const command = Buffer.from(`${text} #${round}`).toString()
      const started = performance.now()
      watch.takeCommand(command, { atMs: round, session: 's', call: `c-${round}` })
      times.push(performance.now() - started)
    }
    times.sort((a, b) => a - b)
    return { name, medianMs: times[rounds >> 1] as number, worstMs: times.at(-1) as number }
  })
  const by = (key: 'medianMs' | 'worstMs') => measured.reduce((a, b) => (b[key] > a[key] ? b : a))
  const figure = (name: string, value: number, note: string): Figure => ({
    group: 'detection',
    name,
    value,
    unit: 'ms',
    aim: { atMost: 50 },
    note,
  })
  return [
    figure(
      'worst_command_median_ms',
      by('medianMs').medianMs,
      `of ${measured.length} hostile shapes: ${by('medianMs').name}`,
    ),
    figure('worst_command_ms', by('worstMs').worstMs, `worst of ${rounds} rounds: ${by('worstMs').name}`),
  ]
}

function shapes(rules: readonly SigmaRule[]): Map<string, string> {
  const all = triggers.join(' ')
  const examples = rules.flatMap(({ vigil }) => vigil?.examples?.fires ?? []).filter((each) => typeof each === 'string')
  const nested = (times: number) => {
    let text = 'ssh -R 1:2:3 a@192.0.2.1'
    for (let depth = 0; depth < times; depth += 1)
      text = `echo ${Buffer.from(text).toString('base64')} | base64 -d | sh`
    return text
  }
  return new Map([
    ['17 wrappers around 20 kB of triggers', `${'sudo '.repeat(17)}${filled(`${all} `, 20_000)}`],
    ['a pipe of short triggers', filled(`${triggers.join(' | ')} | `, 8_000)],
    ['one word with 23 kB of triggers', `curl ${filled(`${all} `, 23_000)}`],
    ["our rules' examples, joined by ;", examples.join('; ').slice(0, 60_000)],
    ["our rules' examples, a line each", examples.join('\n').slice(0, 200_000)],
    ['5 MB of one letter', `echo ${'a'.repeat(5_000_000)}`],
    ['5 MB of triggers', filled(`${all} ; `, 5_000_000)],
    ['5,000 heredocs', Array.from({ length: 5_000 }, (_, n) => `cat <<E${n}\nx\nE${n}`).join('\n')],
    ['5,000 open substitutions', `${'$('.repeat(5_000)}ls`],
    ['200 nested quotes', `${"sh -c '".repeat(200)}ls`],
    ['24,000 NULs', `echo ${'\0'.repeat(24_000)}`],
    ['24,500 pipes', '|'.repeat(24_500)],
    ['12,000 crossed brackets', '{)'.repeat(12_000)],
    ['keywords without their loops', 'done $=~ '.repeat(4_000)],
    ['base64 in base64, 12 deep', nested(12)],
    ['200 kB of Python', `python3 -c "${filled('import socket,subprocess,os;s=socket.socket();', 200_000)}"`],
  ])
}

function filled(text: string, chars: number): string {
  return text.repeat(Math.ceil(chars / text.length)).slice(0, chars)
}
