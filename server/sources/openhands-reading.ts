// What one event of an OpenHands trajectory says, whichever generation wrote it. Text in it was written by the agent or its tools.

export type OpenHandsReading =
  | { type: 'message'; role: 'system' | 'user' | 'assistant' | 'other'; text: string }
  | { type: 'action'; tool: string; input: string; thought: string | undefined; call: string | undefined }
  | {
      type: 'observation'
      tool: string
      output: string | undefined
      outcome: OpenHandsOutcome
      exitCode: number | undefined
    }
  | { type: 'skipped' | 'refused'; reason: string }

export type OpenHandsOutcome = 'ok' | 'error' | 'denied' | 'unknown'
