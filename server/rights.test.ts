// Who may do what: a table of every route by every kind of caller, on a real server. A new route that is not in the table fails here.
import { createHmac, hash } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { formatSessionToken, sessionTokenMessage } from './protocol/session-token.ts'
import { startForTest, type TestServer, testAdmin } from './start-for-test.ts'

const callers = [
  'nobody',
  ...(['viewer', 'responder', 'admin'] as const),
  ...(['key read', 'key ingest', 'key sensor', 'key control', 'key probe', 'key admin'] as const),
  'session token',
] as const
type Caller = (typeof callers)[number]

/** What a route takes, and who has it. */
const mayOf = {
  open: callers,
  person: ['viewer', 'responder', 'admin'],
  read: ['viewer', 'responder', 'admin', 'key read'],
  control: ['responder', 'admin', 'key control'],
  admin: ['admin', 'key admin'],
  'admin person': ['admin'],
  ingest: ['key ingest', 'key sensor'],
  'ingest or own': ['key ingest', 'key sensor', 'session token'],
  sensor: ['key sensor'],
  gate: ['key ingest', 'key sensor', 'key control', 'session token'],
} as const satisfies Record<string, readonly Caller[]>
type Right = keyof typeof mayOf

const uuid = '00000000-0000-4000-8000-000000000001'
/**
 * Method, route, right (`!`: those who have it do not try, because it would do something); then, behind `|`, a path that fits where the route's own words do not, and a body where one made from the schema does
 * not: both are looked at before the right is.
 */
const table = `
GET    /healthz                                       open
GET    /readyz                                        open
GET    /metrics                                       read
GET    /api/openapi.json                              open
GET    /api/me                                        person
GET    /api/sign-in                                   open
POST   /api/setup                                     open           | - {"token":"x","password":"correct-horse-9"}
GET    /api/keys                                      admin
POST   /api/keys                                      admin          | - {"name":"k","scopes":["read"]}
DELETE /api/keys/{id}                                 admin
GET    /api/wall-links                                admin
POST   /api/wall-links                                admin          | - {"name":"wall"}
DELETE /api/wall-links/{id}                           admin
GET    /api/hosts                                     read
GET    /api/sessions                                  read
GET    /api/sessions/{id}                             read
GET    /api/sessions/{id}/events                      read
GET    /api/sessions/{id}/gaps                        read
GET    /api/replay/marks                              read           | ?from=1790000000000&to=1790000001000
GET    /api/replay/step                               read           | ?direction=next&at=1790000000000
POST   /api/sessions/{id}/reveal                      control | - {"seq":1}
POST   /api/sessions/{id}/controls                    control        | - {"action":"pause"}
POST   /api/controls/{id}/extend                      control        | - {"ttlSeconds":60}
GET    /api/controls/{id}                             read
POST   /api/containments                              control        | - {"selector":{"agent":"nobody-has-this-name"}}
GET    /api/containments                              read
GET    /api/containments/{id}                         read
POST   /api/containments/{id}/lift                    control
GET    /api/proposals                                 read
POST   /api/proposals/{id}/decision                   control | - {"decision":"confirmed"}
GET    /api/policies                                  read
PUT    /api/policies/{name}                           admin          | /api/policies/two-person-release {"value":false}
POST   /api/gate                                      gate           | - {"session":"ep-own","callId":"c","tool":"Bash","input":{},"deadlineMs":5000}
POST   /hooks/claude-code                             open
GET    /api/approvals                                 read
GET    /api/approvals/{id}                            read
GET    /api/approvals/{id}/reading                    read
POST   /api/approvals/{id}/decision                   control        | - {"decision":"deny"}
GET    /api/webhooks                                  admin
POST   /api/webhooks                                  admin
DELETE /api/webhooks/{id}                             admin
POST   /api/webhooks/{id}/test                        admin
GET    /api/occasions                                 read
GET    /api/notification-routes                       admin
POST   /api/notification-routes                       admin
POST   /api/notification-routes/{id}                  admin
DELETE /api/notification-routes/{id}                  admin
POST   /api/notification-routes/{id}/test             admin
GET    /api/notification-deliveries                   admin
POST   /api/notification-deliveries/{id}/retry        admin
GET    /api/notification-address                      admin
PUT    /api/notification-address                      admin          | - {"url":null}
GET    /api/administrators                            person
GET    /api/operators                                 admin
POST   /api/operators                                 admin          | - {"email":"new@example.com","name":"new","role":"viewer"}
POST   /api/operators/{id}/role                       admin          | - {"role":"viewer"}
DELETE /api/operators/{id}                            admin
DELETE /api/operators/{id}/two-factor                 admin person
POST   /api/ingest/events                             ingest or own  | - text
GET    /api/formats                                   read
POST   /api/ingest/parsed/{format}                    ingest or own | /api/ingest/parsed/suricata-eve text
POST   /api/ingest/{format}                           ingest or own | /api/ingest/suricata-eve text
POST   /v1/traces                                     ingest or own  | - {"resourceSpans":[]}
POST   /v1/logs                                       ingest or own  | - {"resourceLogs":[]}
POST   /v1/metrics                                    ingest or own  | - {"resourceMetrics":[]}
GET    /api/gpus                                      read
POST   /api/placements                                admin          | - {"placements":[{"host":"h-1","gpu":"GPU-1","worker":"w-1"}]}
PUT    /api/gpu-prices                                admin | - {"usdPerGpuHour":{}}
GET    /api/gpus/{host}/{gpu}/samples                 read
GET    /api/self                                      read
GET    /api/sources                                   read
GET    /api/sources/{format}/{name}/refused           read
GET    /api/canary                                    read
GET    /api/live/figures                              read
GET    /api/lanes                                     read | ?sessions=ep-own&since=0
GET    /api/signals                                   read
GET    /api/signals/{id}                              read           | /api/signals/${uuid}
GET    /api/egress/destinations                       read
GET    /api/egress/destinations/{key}                 read
GET    /api/egress/allowlists                         read
POST   /api/egress/allowlists/entries                 admin
POST   /api/egress/allowlists/entries/remove          admin
GET    /api/incidents                                 read
GET    /api/incidents/{id}                            read
POST   /api/incidents/{id}/changes                    control        | - {"type":"take"}
GET    /api/responders                                control
GET    /api/incidents/{id}/timeline                   read
GET    /api/incidents/{id}/timeline.csv               read
GET    /api/incidents/{id}/postmortem                 read
GET    /api/incidents/{id}/postmortem.md              read
GET    /api/incidents/{id}/bundle                     control
GET    /api/flags                                     read
GET    /api/findings                                  read
POST   /api/flags/{id}/verdict                        control        | /api/flags/${uuid}/verdict {"verdict":"true"}
GET    /api/rules                                     read
GET    /api/rules/{id}                                read
PUT    /api/rules/{id}/settings                       admin
POST   /api/rules/{id}/exceptions                     admin
DELETE /api/rules/{id}/exceptions/{exception}         admin
GET    /api/rules/{id}/proposal                       read
POST   /api/rules/{id}/exceptions/backtest            control
GET    /api/rule-documents/text                       read           | ?name=console/none.yml
POST   /api/rule-documents/check                      read           | - {"name":"console/none.yml","text":"x"}
PUT    /api/rule-documents                            admin          | - {"name":"console/none.yml","text":"x","base":0}
DELETE /api/rule-documents                            admin          | ?name=console/none.yml&base=0
POST   /api/backtests                                 control        | - {"name":"console/none.yml","text":"x","hours":1}
GET    /api/backtests                                 read
GET    /api/backtests/{id}                            read
DELETE /api/backtests/{id}                            control
GET    /api/audit                                     read
GET    /api/audit/verify                              read
GET    /api/bundle                                    control        | ?session=ep-own
GET    /api/bundle-key                                read
GET    /api/retention                                 read
PUT    /api/retention                                 admin
POST   /api/retention/run                             admin
GET    /api/jobs                                      read
POST   /api/jobs                                      control        | - {"kind":"bundle","incident":"INC-1"}
GET    /api/jobs/{id}                                 read
DELETE /api/jobs/{id}                                 control
GET    /api/jobs/{id}/file                            control
GET    /api/drills                                    read
POST   /api/drills                                    control! | - {"drill":"rome"}
GET    /api/drills/sessions                           read
POST   /api/drills/{id}/cancel                        control        | /api/drills/aaaa1111/cancel
POST   /api/drills/{id}/begun                         sensor         | /api/drills/aaaa1111/begun {"drill":"rome","session":"drill-rome-aaaa1111"}
POST   /api/drills/{id}/report                        sensor | /api/drills/aaaa1111/report {"drill":"rome","id":"aaaa1111","session":"drill-rome-aaaa1111","outcome":"failed","startedAtMs":1790000000000,"endedAtMs":1790000001000,"checks":[],"flags":[],"notes":[],"left":[]}
GET    /api/numbers                                   read
GET    /api/numbers/csv/{table}                       read           | /api/numbers/csv/delays
`

type Line = { method: string; route: string; right: Right; isTried: boolean; path: string; body: string | undefined }
const lines: Line[] = table
  .trim()
  .split('\n')
  .map((line) => {
    const [what = '', more = ''] = line.split('|').map((part) => part.trim())
    const [, method = '', route = '', right = ''] = /^(\S+)\s+(\S+)\s+([^!]+)/.exec(what) ?? []
    const [given = '-', ...body] = more.split(' ')
    const own = route.replace('/incidents/{id}', '/incidents/INC-1').replaceAll(/\{\w+\}/g, 'none-1')
    const path = given === '-' || given === '' ? own : given.startsWith('?') ? own + given : given
    return {
      method,
      route,
      right: right as Right,
      isTried: !what.endsWith('!'),
      path,
      body: body.join(' ') || undefined,
    }
  })

type Schema = {
  type?: string | string[]
  const?: unknown
  enum?: unknown[]
  oneOf?: Schema[]
  anyOf?: Schema[]
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  minItems?: number
  minLength?: number
  minimum?: number
  format?: string
}
type Document = {
  paths: Record<string, Record<string, { requestBody?: { content: Record<string, { schema?: Schema }> } }>>
}

/** Something that fits, as far as a schema tells. */
function fitting(schema: Schema | undefined): unknown {
  if (schema === undefined) return undefined
  if ('const' in schema) return schema.const
  if (schema.enum) return schema.enum[0]
  const first = (schema.oneOf ?? schema.anyOf)?.[0]
  if (first) return fitting(first)
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type
  if (type === 'object')
    return Object.fromEntries((schema.required ?? []).map((name) => [name, fitting(schema.properties?.[name]) ?? 'x']))
  if (type === 'array') return (schema.minItems ?? 0) > 0 ? [fitting(schema.items)] : []
  if (type === 'number' || type === 'integer') return Math.max(1, schema.minimum ?? 1)
  if (type === 'boolean') return false
  if (type !== 'string') return null
  return schema.format === 'uri' ? 'https://example.com/x' : 'x'.repeat(Math.max(1, schema.minLength ?? 1))
}

let server: TestServer
let document: Document
const headersOf = new Map<Caller, Record<string, string>>([['nobody', {}]])

beforeAll(async () => {
  server = await startForTest()
  document = (await (await fetch(`${server.url}/api/openapi.json`)).json()) as Document
  const json = { 'content-type': 'application/json', origin: server.url }
  const post = async (path: string, body: object, headers: Record<string, string> = {}) => {
    const answer = await fetch(server.url + path, {
      method: 'POST',
      headers: { ...json, ...headers },
      body: JSON.stringify(body),
    })
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`)
    return answer
  }
  const signedIn = async (email: string, password: string) => {
    const answer = await post('/api/auth/sign-in/email', { email, password })
    const cookie = answer.headers.getSetCookie().map((each) => each.split(';', 1)[0])
    return { cookie: cookie.join('; '), origin: server.url }
  }
  const admin = await signedIn(testAdmin.email, testAdmin.password)
  headersOf.set('admin', admin)
  for (const role of ['viewer', 'responder'] as const) {
    const email = `${role}@example.com`
    const { setupUrl } = (await (await post('/api/operators', { email, name: role, role }, admin)).json()) as {
      setupUrl: string
    }
    const token = new URL(setupUrl).searchParams.get('token')
    await post('/api/setup', { token, password: testAdmin.password, email, name: role })
    headersOf.set(role, await signedIn(email, testAdmin.password))
  }
  const keys = {
    'key read': { scopes: ['read'] },
    'key ingest': { scopes: ['ingest'] },
    'key sensor': { scopes: ['ingest', 'sensor'] },
    'key control': { scopes: ['control'] },
    'key probe': { scopes: ['probe'], host: 'h-1' },
    'key admin': { scopes: ['admin'] },
  } as const
  for (const name of Object.keys(keys) as (keyof typeof keys)[]) {
    const { key } = (await (await post('/api/keys', { name, ...keys[name] }, admin)).json()) as { key: string }
    headersOf.set(name, { authorization: `Bearer ${key}` })
    if (name !== 'key probe') continue
    const ofKey = hash('sha256', key)
    const mac = createHmac('sha256', ofKey).update(sessionTokenMessage('ep-own')).digest('base64url')
    headersOf.set('session token', { authorization: `Bearer ${formatSessionToken(ofKey, 'ep-own', mac)}` })
  }
})
afterAll(async () => {
  await server.stop()
})

/** Outside of the document: not of one schema, or not for programs. */
const beside = ['/healthz', '/readyz', '/metrics', '/v1/', '/api/openapi.json', '/api/sources/{format}/{name}/refused']

it('has every route in its table, and nothing else', () => {
  const known = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  const told = lines.map(({ method, route }) => `${method} ${route}`)
  expect(told.filter((each) => !known.includes(each) && !beside.some((path) => each.includes(` ${path}`)))).toEqual([])
  expect(known.filter((each) => !told.includes(each))).toEqual([])
  expect(new Set(told).size).toBe(told.length)
})

it.each(lines.map((line) => [`${line.method} ${line.route}`, line] as const))('%s', async (_, line) => {
  const { method, route, right, path } = line
  const schema = document.paths[route]?.[method.toLowerCase()]?.requestBody?.content['application/json']?.schema
  const body =
    method === 'GET' || method === 'DELETE' ? undefined : (line.body ?? JSON.stringify(fitting(schema) ?? {}))
  const allowed: readonly Caller[] = mayOf[right]
  const letIn: string[] = []
  for (const caller of line.isTried ? callers : callers.filter((each) => !allowed.includes(each))) {
    const answer = await fetch(server.url + path, {
      method,
      headers: {
        ...(body !== undefined && { 'content-type': body === 'text' ? 'text/plain' : 'application/json' }),
        ...headersOf.get(caller),
      },
      ...(body !== undefined && { body: body === 'text' ? '' : body }),
    })
    await answer.body?.cancel()
    expect(answer.status, `${caller}: our own fault`).not.toBe(500)
    // Whoever may not is refused for that, and not because of what was asked: otherwise this would prove nothing.
    if (!allowed.includes(caller)) expect([401, 403], `${caller} is refused`).toContain(answer.status)
    if (answer.status !== 401 && answer.status !== 403) letIn.push(caller)
  }
  expect(letIn, 'who is let in').toEqual(line.isTried ? callers.filter((each) => allowed.includes(each)) : [])
})
