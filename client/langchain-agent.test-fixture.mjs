// LangChain's own agent with its human-in-the-loop middleware and a scripted model. For tests only. Not TypeScript, and kept from the compiler by
// the `.d.mts` beside it: LangChain's types do not fit our `exactOptionalPropertyTypes`.
import { fakeModel } from '@langchain/core/testing'
import { Command, MemorySaver } from '@langchain/langgraph'
import { AIMessage, createAgent, humanInTheLoopMiddleware, tool } from 'langchain'
import { z } from 'zod'

export async function runAgent(calls, answer) {
  const ran = []
  const schema = z.object({ text: z.string() })
  const names = ['Read', 'Bash', 'WebFetch']
  const tools = names.map((name) =>
    tool(({ text }) => `${ran.push(`${name} ${text}`)} ran`, { name, description: name, schema }),
  )
  const model = fakeModel()
    .respondWithTools(calls.map((call, index) => ({ ...call, id: `call-${index}` })))
    .respond(new AIMessage('done'))
  const interruptOn = Object.fromEntries(names.map((name) => [name, true]))
  const agent = createAgent({
    model,
    tools,
    middleware: [humanInTheLoopMiddleware({ interruptOn })],
    checkpointer: new MemorySaver(),
  })
  const config = { configurable: { thread_id: 'one' } }
  const first = await agent.invoke({ messages: [{ role: 'user', content: 'do it' }] }, config)
  const ranBefore = [...ran]
  const [interrupt] = first.__interrupt__
  const resume = await answer(interrupt.value, interrupt.id)
  const last = await agent.invoke(new Command({ resume }), config)
  return { ranBefore, ran, told: last.messages.filter(({ type }) => type === 'tool').map(({ text }) => text) }
}
