// Labels with a meaning, in the order in which an operator asks: which training run, where in it, and what it runs in. Values were told by
// a trainer or an agent: hostile text. Pure.

const names: readonly (readonly [label: string, word: string])[] = [
  ['run', 'training run'],
  ['group', 'group'],
  ['env', 'environment'],
  ['episode', 'episode'],
  ['step', 'step'],
  ['task_set', 'task set'],
  ['model', 'model'],
  ['worker', 'worker'],
  ['sandbox', 'sandbox'],
  ['container', 'container'],
  ['pod', 'pod'],
  ['image', 'image'],
  ['address', 'address'],
  // Said by a reader of a record that has no times of its own.
  ['times', 'times'],
]

export type ShownLabel = { label: string; word: string; value: string }

export function shownLabels(labels: Readonly<Record<string, string>>): ShownLabel[] {
  return names.flatMap(([label, word]) => {
    const value = Object.hasOwn(labels, label) ? labels[label] : undefined
    return value === undefined || value.trim() === '' ? [] : [{ label, word, value }]
  })
}
