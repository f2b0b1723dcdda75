// Rules over HTTP: what runs, what is set beside the texts, exceptions. Everybody reads; administrators change, and every change is audited.
import { createRoute, z } from '@hono/zod-openapi'
import {
  RuleDetailView,
  RuleExceptionRequest,
  RuleListView,
  type RuleProblemView,
  RuleSettingsRequest,
} from '../protocol/rule-view.ts'
import { cutText, shortTextMax } from '../protocol/text.ts'
import type { ApiApp } from './api-app.ts'
import { actorOf, requireScope } from './identity.ts'
import type { RecordAudit } from './key-routes.ts'
import { ProblemError } from './problem.ts'

export type RefusedChange = {
  refused: { status: 404 | 409 | 422; title: string; detail: string; problems?: RuleProblemView[] }
}

export type RulesPort = {
  rules(): z.infer<typeof RuleListView>['rules']
  problems(): RuleProblemView[]
  rule(id: string): RuleDetailView | undefined
  set(id: string, request: RuleSettingsRequest): Promise<RuleDetailView | RefusedChange>
  except(id: string, request: RuleExceptionRequest, by: string): Promise<RuleDetailView | RefusedChange>
  removeException(id: string, exception: string): Promise<RuleDetailView | RefusedChange>
}

const json = <T extends z.ZodType>(schema: T) => ({ 'application/json': { schema } })
const body = <T extends z.ZodType>(schema: T) => ({ body: { required: true, content: json(schema) } })
const Rule = z.object({ id: z.string().min(1).max(500) })
const detail = { description: 'the rule as it is now', content: json(RuleDetailView) }

const listRoute = createRoute({
  method: 'get',
  path: '/api/rules',
  summary: 'Every rule, correlation and detector that runs, how often it fired, and what does not run and why',
  responses: { 200: { description: 'rules and problems', content: json(RuleListView) } },
})

const oneRoute = createRoute({
  method: 'get',
  path: '/api/rules/{id}',
  summary: 'One rule and its exceptions',
  request: { params: Rule },
  responses: { 200: detail },
})

const setRoute = createRoute({
  method: 'put',
  path: '/api/rules/{id}/settings',
  summary: 'Turn a rule on or off, give it an automatic response or none; what is absent stays',
  request: { params: Rule, ...body(RuleSettingsRequest) },
  responses: { 200: detail },
})

const exceptRoute = createRoute({
  method: 'post',
  path: '/api/rules/{id}/exceptions',
  summary: 'An exception with its end: medium and milder flags stay silent, what pages becomes informational',
  request: { params: Rule, ...body(RuleExceptionRequest) },
  responses: { 201: detail },
})

const removeRoute = createRoute({
  method: 'delete',
  path: '/api/rules/{id}/exceptions/{exception}',
  summary: 'Remove an exception',
  request: { params: Rule.extend({ exception: z.string().min(1).max(64) }) },
  responses: { 200: detail },
})

export function ruleRoutes(rules: RulesPort, recordAudit: RecordAudit) {
  return (app: ApiApp): void => {
    app.openapi(listRoute, (c) => {
      requireScope(c.get('caller'), 'read')
      return c.json({ rules: rules.rules(), problems: rules.problems() }, 200)
    })
    app.openapi(oneRoute, (c) => {
      requireScope(c.get('caller'), 'read')
      const found = rules.rule(c.req.valid('param').id)
      if (!found) throw new ProblemError(404, 'No such rule', 'see GET /api/rules')
      return c.json(found, 200)
    })
    app.openapi(setRoute, async (c) => {
      const by = actorOf(requireScope(c.get('caller'), 'admin'))
      const { id } = c.req.valid('param')
      const request = c.req.valid('json')
      const answer = orThrow(await rules.set(id, request))
      const { isEnabled, automatic } = request
      if (isEnabled !== undefined)
        await recordAudit(by, isEnabled ? 'rule.enabled' : 'rule.disabled', subjectOf(answer))
      if (automatic !== undefined)
        await recordAudit(
          by,
          'rule.automatic-response',
          `${subjectOf(answer)}: ${automatic === null ? 'none' : `${automatic.action} for ${automatic.minutes} min`}`,
        )
      return c.json(answer, 200)
    })
    app.openapi(exceptRoute, async (c) => {
      const by = actorOf(requireScope(c.get('caller'), 'admin'))
      const request = c.req.valid('json')
      const answer = orThrow(await rules.except(c.req.valid('param').id, request, by.name))
      const when = request.when.map(({ field, how, value }) => `${field} ${how} ${value}`).join(' and ')
      await recordAudit(by, 'rule.exception-added', cutText(`${subjectOf(answer)}: ${when} (${request.why})`, shortTextMax))
      return c.json(answer, 201)
    })
    app.openapi(removeRoute, async (c) => {
      const by = actorOf(requireScope(c.get('caller'), 'admin'))
      const { id, exception } = c.req.valid('param')
      const answer = orThrow(await rules.removeException(id, exception))
      await recordAudit(by, 'rule.exception-removed', `${subjectOf(answer)}: ${exception}`)
      return c.json(answer, 200)
    })
  }
}

function subjectOf({ rule }: RuleDetailView): string {
  return cutText(`${rule.title} (${rule.id})`, shortTextMax / 2)
}

/** Throws ProblemError for what was refused. */
export function orThrow<T extends object>(answer: T | RefusedChange): T {
  if (!('refused' in answer)) return answer
  const { status, title, detail: why, problems } = (answer as RefusedChange).refused
  throw new ProblemError(status, title, why, problems ? { problems } : {})
}
