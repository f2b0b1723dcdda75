// The headings of the document in their order, by the names that an address may end with.
export const headings = {
  summary: 'Summary',
  impact: 'Impact',
  delays: 'Delays',
  worked: 'What worked',
  failed: 'What did not',
  causes: 'Causes',
  'follow-ups': 'Follow-ups',
  classification: 'Classification',
  evidence: 'Evidence',
  timeline: 'Timeline',
  notes: 'Notes',
} as const
