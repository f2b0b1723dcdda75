// A rule as the server would tell it, for tests.
import type { RuleView } from '../../server/protocol/rule-view.ts'

export function ruleForTest(title: string, more: Partial<RuleView> = {}): RuleView {
  return {
    id: title,
    title,
    severity: 'medium',
    kind: 'rule',
    origin: 'pack',
    isEdited: false,
    isEnabled: true,
    exceptions: 0,
    looksAt: 'vigil command',
    techniques: [],
    tactics: [],
    atlas: [],
    falsePositives: [],
    flags: 0,
    sessions: 0,
    perDay: [0, 0, 0, 0, 0, 0, 0],
    verdicts: { true: 0, false: 0, drill: 0 },
    ...more,
  }
}
