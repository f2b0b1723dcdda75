// Texts or rules that do not run, each with its place, which leads to the line in the editor.
import { CircleHelp, TriangleAlert } from 'lucide-react'
import Link from 'next/link'
import { RuleDocumentName, type RuleProblemView } from '../../server/protocol/rule-view.ts'
import { plural } from '../ui/format-quantity.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { editPath } from './rule-path.ts'
import { placeText } from './rule-words.ts'

const problemsShown = 200

export function ProblemList({ problems }: { problems: readonly RuleProblemView[] }) {
  return (
    <ul className="text-sm">
      {problems.slice(0, problemsShown).map((problem) => {
        const { file, line, column, rule, message, construct } = problem
        const place = placeText(problem)
        const Icon = construct === undefined ? TriangleAlert : CircleHelp
        return (
          <li key={`${place} ${message}`} className="flex min-w-0 items-start gap-1.5 py-0.5 max-md:py-1.5">
            <Icon aria-hidden className="mt-0.5 size-3 shrink-0 text-warn" />
            <p className="min-w-0 break-words">
              {RuleDocumentName.safeParse(file).success ? (
                <Link
                  href={editPath(file, { line, column })}
                  prefetch={false}
                  className="font-mono text-info underline-offset-2 hover:underline"
                >
                  <HostileText text={place} max={220} />
                </Link>
              ) : (
                <HostileText text={place} max={220} className="font-mono" />
              )}{' '}
              {rule !== undefined && <HostileText text={`${rule}: `} max={120} />}
              {construct !== undefined && <HostileText text={`not supported, ${construct}: `} max={120} />}
              <HostileText text={message} max={400} className="text-muted" />
            </p>
          </li>
        )
      })}
      {problems.length > problemsShown && (
        <li className="text-muted">and {plural(problems.length - problemsShown, 'more', 'more')}</li>
      )}
    </ul>
  )
}
