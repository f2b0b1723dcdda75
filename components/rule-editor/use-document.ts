'use client'
// The text that is edited: what was opened, what it was changed to, what the tab keeps of it, and saving.
import { useCallback, useEffect, useState } from 'react'
import { z } from 'zod'
import { RuleDocumentName, type RuleDocumentView, RuleProblemView } from '../../server/protocol/rule-view.ts'
import { type ApiProblem, apiCall } from '../settings/api-call.ts'
import { plural } from '../ui/format-quantity.ts'
import { dropDraft, keepDraft, readDraft } from './draft.ts'

const Saved = z.object({ name: z.string(), version: z.number(), rules: z.array(z.string()) })
const Removed = z.object({ name: z.string(), version: z.number() })
const Refused = z.object({ problems: z.array(RuleProblemView) })
export type Saved = z.infer<typeof Saved>

/** `document`: as the server has it now; `key` names the draft of a text that has no name yet. */
export function useDocument(document: RuleDocumentView, key: string, again: () => Promise<void>) {
  const [opened, setOpened] = useState(() => {
    const draft = readDraft(sessionStorage, key)
    return { text: document.text, version: draft?.base ?? document.version, draft: draft?.text }
  })
  const [text, setText] = useState(opened.draft ?? opened.text)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<ApiProblem>()
  const isChanged = text !== opened.text
  const isBehind = document.version > opened.version
  useEffect(() => {
    // Somebody else's newer text is taken over where nothing of this tab's would be lost.
    if (!isBehind || isChanged) return
    setOpened({ text: document.text, version: document.version, draft: undefined })
    setText(document.text)
  }, [isBehind, isChanged, document])
  useEffect(() => {
    if (isChanged) keepDraft(sessionStorage, key, { text, base: opened.version })
    else dropDraft(sessionStorage, key)
  }, [isChanged, text, key, opened.version])

  const save = async (name: string, note: string, what = text): Promise<Saved | undefined> => {
    const named = RuleDocumentName.safeParse(name)
    if (!named.success) {
      setProblem({ title: 'Not saved', detail: named.error.issues[0]?.message ?? 'It needs a name.' })
      return undefined
    }
    setBusy(true)
    const body = { name, text: what, base: opened.version, ...(note.trim() !== '' && { note: note.trim() }) }
    const answer = await apiCall('PUT', '/api/rule-documents', Saved, body)
    if (answer.value) {
      setOpened({ text: what, version: answer.value.version, draft: undefined })
      setText(what)
      dropDraft(sessionStorage, key)
    }
    setProblem(answer.problem && refusal(answer.problem, document.name === ''))
    await again()
    setBusy(false)
    return answer.value
  }
  const remove = async (name: string): Promise<boolean> => {
    setBusy(true)
    const query = new URLSearchParams({ name, base: String(document.version) })
    const answer = await apiCall('DELETE', `/api/rule-documents?${query}`, Removed)
    setProblem(answer.problem)
    if (answer.value) {
      dropDraft(sessionStorage, key)
      // What the server has is taken over once it is asked again: the text of before counts as not changed.
      setOpened({ text, version: document.version, draft: undefined })
    }
    await again()
    setBusy(false)
    return answer.value !== undefined
  }
  /** The way out of a conflict: what is here is laid over what somebody else saved. */
  const rebase = useCallback(() => {
    setOpened({ text: document.text, version: document.version, draft: undefined })
    setProblem(undefined)
  }, [document])
  const discard = useCallback(() => {
    setOpened({ text: document.text, version: document.version, draft: undefined })
    setText(document.text)
    setProblem(undefined)
  }, [document])
  return {
    text,
    setText,
    isChanged,
    /** Somebody else saved a newer version, and this tab has text of its own. */
    inConflict: isBehind && isChanged,
    /** It was written in this tab before the page was opened. */
    isRestored: opened.draft !== undefined && isChanged,
    busy,
    problem,
    save,
    remove,
    rebase,
    discard,
  }
}

function refusal(problem: ApiProblem, isNew: boolean): ApiProblem {
  if (problem.status === 409 && isNew)
    return { title: 'Not saved', detail: 'There is a text of this name already: choose another one.' }
  if (problem.status === 409)
    return { title: 'Not saved', detail: 'somebody else was faster. What can be done stands above.' }
  const refused = Refused.safeParse(problem.said)
  if (problem.status !== 422 || !refused.success) return problem
  const [first] = refused.data.problems
  return {
    ...problem,
    title: `Not saved because of ${plural(refused.data.problems.length, 'mistake')}`,
    detail: first ? `line ${first.line}: ${first.message}` : problem.detail,
  }
}
