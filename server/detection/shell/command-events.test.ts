// What rules see of a tool call.
import { describe, expect, it } from 'vitest'
import { commandEvents } from './command-events.ts'
import { openShellReaderForTest } from './open-shell-reader-for-test.ts'

const read = await openShellReaderForTest()

function eventsOf(text: string) {
  return commandEvents(read(text), { text, atMs: 7, session: 's', host: 'h', call: 'c' })
}

describe('Detection events of a tool call', () => {
  it('tell everything of a command that rules ask for', () => {
    const text = 'cd /srv && A=b sudo ssh -N u@h < in 2>> err.log | tee out'
    const event = eventsOf(text).find(({ fields }) => fields.Image === '/usr/bin/ssh')
    expect(event).toEqual({
      source: 'command',
      atMs: 7,
      session: 's',
      host: 'h',
      call: 'c',
      notFully: undefined,
      fields: {
        Image: '/usr/bin/ssh',
        CommandLine: 'ssh -N u@h',
        Args: ['-N', 'u@h'],
        ParentImage: '/usr/bin/sudo',
        ParentCommandLine: 'sudo ssh -N u@h',
        User: 'root',
        CurrentDirectory: '/srv',
        Wrappers: ['sudo'],
        RunsOn: 'host',
        Background: false,
        PipedFrom: [],
        PipedInto: ['tee out'],
        WritesTo: ['err.log'],
        AppendsTo: ['err.log'],
        ReadsFrom: ['in'],
        Assigns: [],
        Text: text,
      },
    })
  })

  it('give a bare name the folder of programs, and leave a path as it is', () => {
    expect(eventsOf('ls; ./x; /opt/y').map(({ fields }) => fields.Image)).toEqual(['/usr/bin/ls', './x', '/opt/y'])
  })

  it('name the shell as the parent at the top, and the wrapper inside one', () => {
    const parents = eventsOf("bash -c 'a'").map(({ fields }) => [
      fields.Image,
      fields.ParentImage,
      fields.ParentCommandLine,
    ])
    expect(parents).toContainEqual(['/usr/bin/bash', '/usr/bin/bash', 'bash'])
    expect(parents).toContainEqual(['/usr/bin/a', '/usr/bin/bash', 'bash -c a'])
  })

  it('tell where a command runs', () => {
    const where = (text: string) => eventsOf(text).at(-1)?.fields.RunsOn
    expect(where('a')).toBe('host')
    expect(where('ssh u@example.com a')).toBe('example.com')
    expect(where('docker exec c a')).toBe('container')
    expect(where('kubectl exec p -- a')).toBe('container')
  })

  it('take descriptors for no files', () => {
    const { fields } = eventsOf('a > f 2>&1 >& g <&3 3<> h 2>&-')[0] ?? {}
    expect(fields?.WritesTo).toEqual(['f', 'g', 'h'])
    expect(fields?.ReadsFrom).toEqual(['h'])
  })

  it('tell of assignments and redirections without a program', () => {
    const [assign, empty] = eventsOf('HISTFILE=/dev/null; > /var/log/auth.log')
    expect(assign?.fields).toMatchObject({ Image: undefined, CommandLine: '', Assigns: ['HISTFILE=/dev/null'] })
    expect(empty?.fields).toMatchObject({ Image: undefined, WritesTo: ['/var/log/auth.log'] })
  })

  it('tell what code is carried, by whom, and into which file it goes', () => {
    const contents = (text: string) =>
      eventsOf(text)
        .filter(({ source }) => source === 'content')
        .map(({ fields }) => fields)
    expect(contents("python3 -c 'print(1)'")).toEqual([
      {
        Language: 'python',
        Text: 'print(1)',
        Origin: 'argument',
        Image: '/usr/bin/python3',
        CommandLine: 'python3 -c print(1)',
        WritesTo: [],
        AppendsTo: [],
      },
    ])
    expect(contents('cat > x.sh <<E\na\nE')).toMatchObject([{ Language: 'sh', Origin: 'heredoc', WritesTo: ['x.sh'] }])
    expect(contents('echo a | tee -a /etc/crontab')).toMatchObject([{ Origin: 'echo', WritesTo: ['/etc/crontab'] }])
  })

  it('follow a text through `sudo tee` into its file', () => {
    const [content] = eventsOf('echo "x ALL=(ALL) NOPASSWD: ALL" | sudo tee -a /etc/sudoers >/dev/null').filter(
      ({ source }) => source === 'content',
    )
    expect(content?.fields).toMatchObject({ Text: 'x ALL=(ALL) NOPASSWD: ALL\n', Image: '/usr/bin/tee' })
    expect(content?.fields.WritesTo).toContain('/etc/sudoers')
    expect(content?.fields.AppendsTo).toEqual(['/etc/sudoers'])
  })

  it('tell what keeps the content of a file from what replaces it', () => {
    const fieldsOf = (text: string) => eventsOf(text)[0]?.fields
    expect(fieldsOf('a >> x')).toMatchObject({ WritesTo: ['x'], AppendsTo: ['x'] })
    expect(fieldsOf('a > x')).toMatchObject({ WritesTo: ['x'], AppendsTo: [] })
    expect(fieldsOf('a > x 2>> y')).toMatchObject({ WritesTo: ['x', 'y'], AppendsTo: ['y'] })
    expect(fieldsOf('a &>> x')).toMatchObject({ AppendsTo: ['x'] })
  })

  it('read what a debugger is told to run: its own words, Python, and commands of a shell', () => {
    const texts = (text: string) =>
      eventsOf(text)
        .filter(({ source }) => source === 'content')
        .map(({ fields }) => [fields.Language, fields.Text])
    expect(texts("gdb -p 7 -batch -ex 'call (int)close(1)' --eval-command=quit")).toEqual([
      ['text', 'call (int)close(1)'],
      ['text', 'quit'],
    ])
    expect(texts("gdb -ex 'python print(1)' ./a.out")).toEqual([['python', 'print(1)']])
    const images = (text: string) => eventsOf(text).map(({ fields }) => fields.Image)
    expect(images("gdb -ex 'shell nc -l 4444' ./a.out")).toContain('/usr/bin/nc')
    expect(images('gdb -ex run --args ./prog -c x')).toEqual(['/usr/bin/gdb', '/usr/bin/gdb'])
  })

  it('bound the whole text and say why a text is not fully read', () => {
    const [event] = eventsOf(`echo "${'x'.repeat(20_000)}`)
    expect(String(event?.fields.Text).length).toBe(8192)
    expect(event?.notFully).toBe('syntax errors')
  })
})
