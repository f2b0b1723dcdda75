// `vigil key` as a program, against a stand-in for the server's API on loopback.
import { spawn } from 'node:child_process'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { builtProgram } from '../probe/built-program.test-fixture.ts'

const root = path.resolve(import.meta.dirname, '..')
const record = {
  id: 'k1',
  name: 'build\u001b[31m',
  hint: 'wxyz',
  scopes: ['probe', 'read'],
  host: 'build-7',
  createdAtMs: 1_750_000_000_000,
}
const asked: { method: string | undefined; url: string | undefined; body: string }[] = []

const server = createServer((request, response) => {
  void readBody(request).then((body) => {
    asked.push({ method: request.method, url: request.url, body })
    const answer = (status: number, json: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json))
    }
    if (request.headers.authorization !== 'Bearer good-key')
      return answer(401, { title: 'Unknown key', detail: 'it was revoked' })
    if (request.method === 'GET')
      return answer(200, { keys: [record, { ...record, id: 'k2', revokedAtMs: 1_750_000_100_000 }] })
    if (request.method === 'POST') return answer(201, { key: 'vgl_secret', record })
    if (request.url === '/api/keys/k1') return answer(200, { revoked: 'k1' })
    return answer(404, { title: 'No such key', detail: 'see GET /api/keys' })
  })
})
async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
afterAll(() => new Promise((resolve) => server.close(resolve)))

type Result = { code: number | null; out: string; said: string }
function vigil(args: string[], env: { [name: string]: string } = {}): Promise<Result> {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const child = spawn(process.execPath, [...builtProgram('cli'), ...args], {
    cwd: root,
    env: { ...process.env, VIGIL_URL: url, VIGIL_KEY: 'good-key', ...env },
  })
  const result: Result = { code: null, out: '', said: '' }
  child.stdout.on('data', (chunk: Buffer) => {
    result.out += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    result.said += chunk.toString()
  })
  return new Promise((resolve) => child.once('close', (code) => resolve({ ...result, code })))
}

test('a new key is alone on stdout, and what it may is on stderr', async () => {
  const made = await vigil(['key', 'create', '--name', 'build', '--scope', 'probe, read', '--host', 'build-7'])
  expect(made).toMatchObject({ code: 0, out: 'vgl_secret\n' })
  expect(made.said).toContain('may: probe, read on host build-7')
  expect(made.said).not.toContain('vgl_secret')
  expect(asked.at(-1)).toEqual({
    method: 'POST',
    url: '/api/keys',
    body: JSON.stringify({ name: 'build', scopes: ['probe', 'read'], host: 'build-7' }),
  })
  const json = await vigil(['key', 'create', '--name', 'a', '--scope', 'read', '--session', 's1', '--json'])
  expect(JSON.parse(json.out)).toMatchObject({ key: 'vgl_secret', record: { id: 'k1' } })
  expect(json.said).toBe('')
})

test('keys are listed as a table or as JSON, and no name can steer the terminal', async () => {
  const listed = await vigil(['key', 'list'])
  expect(listed.code).toBe(0)
  expect(listed.out.split('\n')[1]).toMatch(
    /^k1 +build\\u\{1b\}\[31m +…wxyz +probe,read on host build-7 +2025-06-15T.* valid$/,
  )
  expect(listed.out.split('\n')[2]).toMatch(/ revoked 2025-/)
  expect(JSON.parse((await vigil(['key', 'list', '--json'])).out).keys).toHaveLength(2)
})

test('a key is revoked by its id, and an unknown one is said in one line', async () => {
  expect(await vigil(['key', 'revoke', 'k1'])).toEqual({ code: 0, out: 'revoked k1\n', said: '' })
  expect(await vigil(['key', 'revoke', 'no/such'])).toEqual({
    code: 1,
    out: '',
    said: 'vigil: the server answered 404: No such key: see GET /api/keys\n',
  })
  expect(asked.at(-1)?.url).toBe('/api/keys/no%2Fsuch')
})

test('a refused key, a missing key and a server that is not there are one line each, and never show the key', async () => {
  const refused = await vigil(['key', 'list'], { VIGIL_KEY: 'bad-key' })
  expect(refused).toMatchObject({ code: 1, out: '' })
  expect(refused.said).toMatch(
    /^vigil: the server at http:\S+ refuses the key in VIGIL_KEY: Unknown key: it was revoked\n$/,
  )
  expect(refused.said).not.toContain('bad-key')
  expect((await vigil(['key', 'list'], { VIGIL_KEY: '' })).said).toMatch(/^vigil: set VIGIL_KEY .*\n$/)
  const away = await vigil(['key', 'list'], { VIGIL_URL: 'http://127.0.0.1:1' })
  expect(away.code).toBe(1)
  expect(away.said).toMatch(
    /^vigil: the server at http:\/\/127\.0\.0\.1:1 cannot be reached \(.+\): is it running.*\n$/,
  )
})

test('help names every command and what it reads from the environment', async () => {
  const { out, code } = await vigil(['--help'])
  expect(code).toBe(0)
  for (const text of ['run', 'probe', 'key', 'VIGIL_URL', 'VIGIL_KEY', 'VIGIL_DATA']) expect(out).toContain(text)
})
