// In place of what the compiler would read from LangChain's own types.
/** Runs an agent that wants these calls of the tools Read, Bash and WebFetch, and answers its interrupt. */
export function runAgent(
  calls: { name: string; args: { text: string } }[],
  answer: (request: unknown, interrupt: string) => Promise<object>,
): Promise<{
  /** Before its interrupt was answered. */
  ranBefore: string[]
  ran: string[]
  /** What the model was told of its calls. */
  told: string[]
}>
