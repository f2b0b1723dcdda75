// LangChain's human-in-the-loop requests, answered by a gate. Pure: asking is handed in (`gate.ts` does it). It must never approve what the gate
// did not, and it never answers a part of a request.

/** What `humanInTheLoopMiddleware` hands to `interrupt`. Source: https://docs.langchain.com/oss/javascript/langchain/human-in-the-loop */
export type ActionRequests = {
  actionRequests: readonly { name: string; args: Record<string, unknown>; description?: string | undefined }[]
  reviewConfigs: readonly { actionName: string; allowedDecisions: readonly string[] }[]
}

export type Decision =
  | { type: 'approve' }
  | { type: 'edit'; editedAction: { name: string; args: Record<string, unknown> } }
  | { type: 'reject'; message: string }

/** The same shape as in `gate.ts`. */
type GateAnswer = { decision: 'allow' | 'deny' | 'edit'; reason: string; input?: unknown }
/** `index`: which action of the request it is; together with the interrupt's id it makes a call id that is the same when asked again. */
export type AskGate = (action: { tool: string; input: unknown; index: number }) => Promise<GateAnswer>

/**
 * One decision for each action, in their order, for `new Command({ resume })`. Throws an Error where the request makes no sense, or where an
 * action may not run and its `allowedDecisions` have no "reject": do not resume the graph then; nothing has run.
 */
export async function decideActionRequests(request: unknown, ask: AskGate): Promise<{ decisions: Decision[] }> {
  const { actionRequests, reviewConfigs } = readRequest(request)
  const decisions = await Promise.all(
    actionRequests.map(async ({ name, args }, index) => {
      const own = reviewConfigs[index]
      const config = own?.actionName === name ? own : reviewConfigs.find(({ actionName }) => actionName === name)
      const decision = await decide({ tool: name, input: args, index }, config?.allowedDecisions ?? [], ask)
      if (!config?.allowedDecisions.includes(decision.type))
        throw new Error(`"${name}" may not run, and its allowedDecisions have no "reject" to say so: do not resume`)
      return decision
    }),
  )
  return { decisions }
}

async function decide(action: Parameters<AskGate>[0], may: readonly string[], ask: AskGate): Promise<Decision> {
  let answer: GateAnswer
  try {
    answer = await ask(action)
  } catch (error) {
    return reject(error instanceof Error ? error.message : String(error))
  }
  if (answer?.decision === 'allow')
    return may.includes('approve') ? { type: 'approve' } : reject('it may not be approved')
  if (answer?.decision !== 'edit') return reject(String(answer?.reason ?? 'the gate gave no answer'))
  if (!isObject(answer.input)) return reject('it was edited into something that is no input of a tool')
  if (!may.includes('edit')) return reject('it was edited, and may not be')
  return { type: 'edit', editedAction: { name: action.tool, args: answer.input } }
}

function reject(why: string): Decision {
  return { type: 'reject', message: `Denied by Vigil: ${why}. The tool did not run.` }
}

function readRequest(request: unknown): ActionRequests {
  const { actionRequests, reviewConfigs } = isObject(request) ? request : {}
  if (!Array.isArray(actionRequests) || !Array.isArray(reviewConfigs)) throw misfit
  const isAction = (each: unknown) => isObject(each) && typeof each.name === 'string' && isObject(each.args)
  const isConfig = (each: unknown) =>
    isObject(each) && typeof each.actionName === 'string' && Array.isArray(each.allowedDecisions)
  if (!actionRequests.every(isAction) || !reviewConfigs.every(isConfig)) throw misfit
  return { actionRequests, reviewConfigs }
}

const misfit = new Error('this is no request of humanInTheLoopMiddleware: do not resume')

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
