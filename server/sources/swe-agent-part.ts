// What a SWE-agent trajectory is made of, whichever version wrote it, before it gets its times. Text in it was written by the agent.

/** One command with what came of it. `call` is the model's own id, where the file has one. */
export type TrajectoryAction = {
  call?: string | undefined
  tool: string
  input: string
  output?: string | undefined
  exitCode?: number | undefined
}

export type TrajectoryPart =
  | {
      what: 'message' | 'step'
      /** What was said; of a step, the thought before its actions. */
      role: 'system' | 'user' | 'assistant' | 'other'
      text?: string | undefined
      actions: TrajectoryAction[]
      /** How long the actions took together. */
      seconds?: number | undefined
      /** Only newer mini-swe-agent files hold times. */
      atMs?: number | undefined
      endMs?: number | undefined
    }
  | { what: 'skipped' | 'refused'; reason: string }

export type Trajectory = {
  /** Tells attempts of one file apart. */
  key: string
  parts: TrajectoryPart[]
  agent: string
  model?: string | undefined
  task?: string | undefined
  version?: string | undefined
  /** How the run ended, in the file's words; undefined: it does not say. */
  exitStatus?: string | undefined
  modelCalls?: number | undefined
}
