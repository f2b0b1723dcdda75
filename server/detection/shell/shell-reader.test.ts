// What a tool call's command comes to: each line is a text and the commands that it runs.
import { describe, expect, it } from 'vitest'
import { openShellReaderForTest } from './open-shell-reader-for-test.ts'
import type { SimpleCommand } from './shell-reading.ts'

const read = await openShellReaderForTest()

/** `sudo>ssh host` is `ssh host` behind sudo. */
function linesOf(text: string): string[] {
  return read(text).commands.map(({ wrappers, argv }) =>
    [...wrappers.map((name) => `${name}>`), argv.join(' ')].join(''),
  )
}

function commandOf(text: string, name: string): SimpleCommand {
  const found = read(text).commands.findLast((command) => command.name === name)
  if (!found) throw new Error(`no ${name} in: ${linesOf(text).join(' | ')}`)
  return found
}

describe('Shell reading', () => {
  describe('finds the commands of every construct', () => {
    it.each([
      ['a; b && c || d', ['a', 'b', 'c', 'd']],
      ['a | b |& c', ['a', 'b', 'c']],
      ['(a; b) & c', ['a', 'b', 'c']],
      ['{ a; b; } > f', ['a', 'b']],
      ['if a; then b; elif c; then d; else e; fi', ['a', 'b', 'c', 'd', 'e']],
      ['while a; do b; done; until c; do d; done', ['a', 'b', 'c', 'd']],
      ['for x in 1 2; do a; done; for ((i=0;i<2;i++)); do b; done', ['a', 'b']],
      ['case $x in a) b;; (c|d) e;; *) f; esac', ['b', 'e', 'f']],
      ['f() { a; }; function g { b; }', ['a', 'b']],
      ['! a; [[ -f $(b) ]] && c; (( x > $(d) )) || e', ['a', 'b', 'c', 'd', 'e']],
      ['echo $(a) `b` "$(c)" <(d)', ['a', 'b', 'c', 'd', 'echo $(a) `b` $(c) <(d)']],
      ['a # b; c\n#!/bin/sh\nd', ['a', 'd']],
      ['a \\\n  b', ['a b']],
      ['while read l; do a "$l"; done < <(b)', ['b', 'read l', 'a $l']],
    ])('%s', (text, expected) => {
      expect(linesOf(text)).toEqual(expected)
      expect(read(text).notFully).toBeUndefined()
    })
  })

  describe('resolves words where that is certain', () => {
    it.each([
      ['s""sh h', 'ssh h'],
      ['s\\sh h', 'ssh h'],
      ["$'\\x73sh' h", 'ssh h'],
      ["$'\\163\\u0073h' h", 'ssh h'],
      ['"s"\'s\'h h', 'ssh h'],
      ['a=ss; ${a}h h', 'ssh h'],
      ['a=ssh b=$a; $b h', 'ssh h'],
      ['a="ssh -R 1:2:3"; $a h', 'ssh -R 1:2:3 h'],
      ['a=(ssh -R 1:2:3); "${a[@]}" h', 'ssh -R 1:2:3 h'],
      ['a=xssh; ${a:1} h', 'ssh h'],
      ['a=HSS; a=${a,,}; b=${a:1}; ${b}h h', 'ssh h'],
      ['a=sXsh; ${a/X/} h', 'ssh h'],
      ['${x:-ssh} h', 'ssh h'],
      ['cat$IFS/etc/shadow', 'cat /etc/shadow'],
      ['cat${IFS}/etc/shadow', 'cat /etc/shadow'],
      ['{cat,/etc/shadow}', 'cat /etc/shadow'],
      ['c$@at /etc/pas$9swd', 'cat /etc/passwd'],
      ['cat ${HOME:0:1}etc${PATH:0:1}shadow', 'cat /etc/shadow'],
      ['$(echo ssh) h', 'ssh h'],
      ['$(printf "%s%s" s sh) h', 'ssh h'],
      ['$(echo c3NoIGg= | base64 -d)', 'ssh h'],
      ['$(rev <<< hss) h', 'ssh h'],
      ['x=$(which ssh || true); $x h', 'ssh h'],
      ['f() { "$@"; }; f ssh h', 'ssh h'],
      ['set -- ssh h; "$@"', 'ssh h'],
      ['for c in id "ssh h"; do $c; done', 'ssh h'],
      ["alias x='ssh -v'; x h", 'ssh -v h'],
      ['export C=ssh; $C h', 'ssh h'],
      ['echo {1..3}', 'echo 1 2 3'],
    ])('%s', (text, expected) => {
      expect(read(text).commands.map((command) => command.argv.join(' '))).toContain(expected)
    })

    it('keeps the text of what is not known, and says that the command is not certain', () => {
      const command = commandOf('rm -rf "$HOME/x" $y', 'rm')
      expect(command.argv).toEqual(['rm', '-rf', '$HOME/x', '$y'])
      expect(command.isCertain).toBe(false)
      expect(commandOf('/bin/c?t /etc/shadow', 'c?t').isCertain).toBe(false)
      expect(commandOf('if a; then C=ssh; fi; $C h', 'ssh').isCertain).toBe(false)
    })
  })

  describe('undoes wrappers and keeps them as commands of their own', () => {
    it.each([
      ['sudo -u bob ssh h', ['sudo -u bob ssh h', 'sudo>ssh h']],
      [
        'nohup nice -n 5 setsid ssh h',
        [
          'nohup nice -n 5 setsid ssh h',
          'nohup>nice -n 5 setsid ssh h',
          'nohup>nice>setsid ssh h',
          'nohup>nice>setsid>ssh h',
        ],
      ],
      ['time command exec ssh h', ['time>command>exec>ssh h']],
      [
        'env -i A=b timeout -k 5 10 stdbuf -oL ssh h',
        [
          'env -i A=b timeout -k 5 10 stdbuf -oL ssh h',
          'env>timeout -k 5 10 stdbuf -oL ssh h',
          'env>timeout>stdbuf -oL ssh h',
          'env>timeout>stdbuf>ssh h',
        ],
      ],
      ["sh -c 'a; b'", ['sh -c a; b', 'sh>a', 'sh>b']],
      ["bash -lc 'a' ; zsh -c b", ['bash -lc a', 'bash>a', 'zsh -c b', 'zsh>b']],
      ['bash -c \'exec "$@"\' _ ssh h', ['bash -c exec "$@" _ ssh h', 'bash>exec>ssh h']],
      ["eval 's''sh h'", ['eval ssh h', 'eval>ssh h']],
      ["su - bob -c 'a'", ['su - bob -c a', 'su>a']],
      ["ssh -p 22 u@h 'a | b'", ['ssh -p 22 u@h a | b', 'ssh>a', 'ssh>b']],
      [
        'docker run --rm -v /:/m alpine chroot /m a',
        ['docker run --rm -v /:/m alpine chroot /m a', 'docker>chroot /m a', 'docker>chroot>a'],
      ],
      ['podman exec -it c a', ['podman exec -it c a', 'podman>a']],
      [
        'docker run --entrypoint sh img -c "a"',
        ['docker run --entrypoint sh img -c a', 'docker>sh -c a', 'docker>sh>a'],
      ],
      ['kubectl exec -it p -n ns -- a', ['kubectl exec -it p -n ns -- a', 'kubectl>a']],
      ['nsenter -t 1 -m -- a', ['nsenter -t 1 -m -- a', 'nsenter>a']],
      ['unshare -r a; ip netns exec n b', ['unshare -r a', 'unshare>a', 'ip netns exec n b', 'ip>b']],
      ['busybox nc h 1; toybox wget x', ['busybox nc h 1', 'busybox>nc h 1', 'toybox wget x', 'toybox>wget x']],
      ['find . -exec a {} \\; -exec b {} +', ['find . -exec a {} ; -exec b {} +', 'find>a {}', 'find>b {}']],
      ['xargs -n 1 -I{} a {}', ['xargs -n 1 -I{} a {}', 'xargs>a {}']],
      ['echo h | xargs ssh', ['echo h', 'xargs ssh', 'xargs>ssh h']],
      ['parallel -j4 a {} ::: 1 2', ['parallel -j4 a {} ::: 1 2', 'parallel>a {}']],
      ["watch -n 1 'a | b'", ['watch -n 1 a | b', 'watch>a', 'watch>b']],
      [
        "tmux new-session -d -s x 'a'; screen -dmS n b",
        ['tmux new-session -d -s x a', 'tmux>a', 'screen -dmS n b', 'screen>b'],
      ],
      ["tmux send-keys -t x 'a b' Enter", ['tmux send-keys -t x a b Enter', 'tmux>a b']],
      ["script -qc 'a' /dev/null", ['script -qc a /dev/null', 'script>a']],
      ['systemd-run --user --unit x a', ['systemd-run --user --unit x a', 'systemd-run>a']],
      ["trap 'a' EXIT", ['trap a EXIT', 'trap>a']],
      ["echo 'a' | at now", ['echo a', 'at now', 'at>a']],
      ["(crontab -l; echo '* * * * * a') | crontab -", ['crontab -l', 'echo * * * * * a', 'crontab -', 'crontab>a']],
      ["ssh -o ProxyCommand='a b' h", ['ssh -o ProxyCommand=a b h', 'ssh>a b']],
    ])('%s', (text, expected) => {
      expect(linesOf(text)).toEqual(expected)
    })

    it('knows who runs a command, where, and in which folder', () => {
      expect(commandOf('sudo a', 'a').user).toBe('root')
      expect(commandOf('sudo su bob -c a', 'a').user).toBe('bob')
      expect(commandOf("ssh u@h 'sudo a'", 'a').runsOn).toBe('ssh:u@h')
      expect(commandOf('docker exec c a', 'a').runsOn).toBe('docker:c')
      expect(commandOf('cd /tmp && cd x && ./a', 'a').directory).toBe('/tmp/x')
      expect(commandOf('(cd /tmp); a', 'a').directory).toBeUndefined()
      expect(commandOf('sudo ssh h', 'ssh').parentLine).toBe('sudo ssh h')
      expect(commandOf('nohup a > f 2>&1 &', 'a').background).toBe(true)
      expect(commandOf('echo $(a)', 'a').inSubstitution).toBe(true)
    })

    it('gives what is inside a wrapper the assignments, redirections and pipeline of the wrapper', () => {
      expect(commandOf('env LD_PRELOAD=x a', 'a').assigns).toEqual([{ name: 'LD_PRELOAD', value: 'x' }])
      expect(commandOf("sudo sh -c 'echo x' > /etc/f", 'echo').redirects).toEqual([
        { operator: '>', descriptor: undefined, target: '/etc/f' },
      ])
      const { commands } = read('curl x | sudo bash | tee f')
      const bash = commands.find((command) => command.name === 'bash')
      expect(bash?.pipedFrom.map((i) => commands[i]?.name)).toEqual(['curl'])
      expect(bash?.pipedInto.map((i) => commands[i]?.name)).toEqual(['tee'])
    })

    it('keeps redirections of a remote command on this host', () => {
      expect(commandOf("ssh h 'cat /etc/shadow' > f", 'cat').redirects).toEqual([])
    })
  })

  describe('separates carried content and reads what a shell is fed', () => {
    const contentsOf = (text: string) =>
      read(text).contents.map(({ language, origin, text: carried }) => [language, origin, carried])
    it.each([
      ["python3 -c 'print(1)'", ['python', 'argument', 'print(1)']],
      ["perl -e 'print 1'", ['perl', 'argument', 'print 1']],
      ["ruby -rsocket -e 'exit'", ['ruby', 'argument', 'exit']],
      ["node -e 'x()'", ['node', 'argument', 'x()']],
      ["php -r 'x();'", ['php', 'argument', 'x();']],
      ["psql -U u -c 'select 1'", ['sql', 'argument', 'select 1']],
      ['python3 - <<E\nimport os\nE', ['python', 'heredoc', 'import os\n']],
      ['cat > x.py <<E\nimport os\nE', ['python', 'heredoc', 'import os\n']],
      ['cat <<-E > x\n\ta\n\tE', ['text', 'heredoc', 'a\n']],
      ["bash <<< 'a b'", ['sh', 'herestring', 'a b\n']],
      ["echo 'a b' > f.sh", ['sh', 'echo', 'a b\n']],
      ['echo YSBi | base64 -d > f', ['text', 'base64', 'a b']],
      ['echo 6120 62 | xxd -r -p | sh', ['text', 'hex', 'a b']],
      ["printf '\\x61 b' | sh", ['sh', 'echo', 'a b']],
    ])('%s', (text, expected) => {
      expect(contentsOf(text)).toContainEqual(expected)
    })

    it.each([
      'bash <<E\nssh h\nE',
      'sudo bash -s <<E\nssh h\nE',
      "bash <<< 'ssh h'",
      "echo 'ssh h' | sh",
      'echo c3NoIGg= | base64 -d | sh',
      'echo c3NoIGg= | base64 --decode | sudo bash -x -',
      'base64 -d <<< c3NoIGg= | sh',
      'bash <(echo ssh h | cat); echo c3NoIGg=|base64 -d|zsh',
      'echo 7373682068 | xxd -r -p | bash',
      "printf '\\x73\\x73\\x68 h' | sh",
      "echo -e '\\x73sh h' | sh",
      'sh -c "$(echo c3NoIGg= | base64 -d)"',
      'eval "$(echo c3NoIGg= | base64 -d)"',
      'echo "hss" | rev; echo "ffu u" | tr a-z n-za-m | sh',
      'a=c3NoIGg=; echo $a | base64 -d | sh',
      'cat > x.sh <<E\nssh h\nE\nchmod +x x.sh; ./x.sh',
      "echo 'ssh h' > /tmp/x; bash /tmp/x",
      "echo 'ssh h' | tee x; mv x y; . ./y",
      'python3 -c "import os; os.system(\'ssh h\')"',
      'python3 -c \'import subprocess; subprocess.run(["ssh", "h"])\'',
      "python3 - <<E\nimport os\nos.system('ssh h')\nE",
      'perl -e \'exec "ssh h";\'',
      "ruby -e '`ssh h`'",
      'node -e \'require("child_process").execSync("ssh h")\'',
      'php -r \'shell_exec("ssh h");\'',
      'awk \'BEGIN {system("ssh h")}\'',
      'cat <<E | ssh x bash\nssh h\nE',
      'ssh x <<E\nssh h\nE',
    ])('%s', (text) => {
      expect(read(text).commands.map((command) => command.argv.join(' '))).toContain('ssh h')
    })

    it('leaves a script that is only written as content, and tells into which file', () => {
      const { commands, contents } = read('cat > x.sh <<E\nssh h\nE')
      expect(commands.map((command) => command.name)).toEqual(['cat'])
      expect(commands[0]?.redirects).toEqual([
        { operator: '>', descriptor: undefined, target: 'x.sh' },
        { operator: '<<', descriptor: undefined, target: 'E' },
      ])
      expect(contents).toEqual([{ language: 'sh', origin: 'heredoc', text: 'ssh h\n', command: 0 }])
    })

    it('does not take the body of a quoted heredoc for commands or variables', () => {
      expect(read("a=1\ncat <<'E' > f\n$a $(ssh h) it's (\nE\nb").contents[0]?.text).toBe("$a $(ssh h) it's (\n")
      expect(linesOf("git commit -m \"$(cat <<'E'\nit's (fine\nE\n)\"")).toEqual(['cat', "git commit -m it's (fine"])
    })
  })

  describe('makes the best of text that is no bash', () => {
    it.each([
      ['echo "unclosed; ssh h', 'ssh h'],
      ['if true; then ssh h', 'ssh h'],
      ['ssh h )', 'ssh h'],
      ['for x in; ssh h; }', 'ssh h'],
    ])('%s', (text, expected) => {
      expect(read(text).notFully).toBe('syntax errors')
      expect(read(text).commands.map((command) => command.argv.join(' '))).toContain(expected)
    })

    it.each([
      'edit 1:3\ndef f(x):\n  return x\nend_of_edit',
      "It's what you (the user) said: don't!",
      '{"json": [1, 2]}',
      '',
      '\n\n',
      '\ud800',
    ])('reads %j without throwing', (text) => {
      expect(read(text).commands.length).toBeLessThan(20)
    })
  })
})
