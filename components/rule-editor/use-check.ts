'use client'
// Asks the server what the text would be, a moment after the last key; an answer to older text is never shown as one to newer.
import { useEffect, useState } from 'react'
import { RuleCheckView } from '../../server/protocol/rule-view.ts'
import { type ApiProblem, apiCall } from '../settings/api-call.ts'

const typingMs = 400

export type Check = {
  /** Of the text as it is, or of the one before. */
  found: RuleCheckView | undefined
  problem: ApiProblem | undefined
  /** The newest answer is not of this text. */
  asking: boolean
}

export function useCheck(name: string, text: string): Check {
  const [answer, setAnswer] = useState<{ of: string; found?: RuleCheckView; problem?: ApiProblem }>()
  useEffect(() => {
    let wanted = true
    const timer = setTimeout(() => {
      void apiCall('POST', '/api/rule-documents/check', RuleCheckView, { name, text }).then(({ value, problem }) => {
        if (!wanted) return
        setAnswer((before) => ({
          of: text,
          ...(value ? { found: value } : before?.found && { found: before.found }),
          ...(problem && { problem }),
        }))
      })
    }, typingMs)
    return () => {
      wanted = false
      clearTimeout(timer)
    }
  }, [name, text])
  return { found: answer?.found, problem: answer?.problem, asking: answer?.of !== text }
}
