// What silence may mean: the rows of the catalogue for telemetry that stops while a session lives on.
import type { DetectorRule } from './detector.ts'

const common = {
  behaviour: 'evasion',
  tactics: ['defense-impairment'],
  techniques: ['T1685'],
  formerly: ['T1562.001'],
} as const

export const probeLost: DetectorRule = {
  ...common,
  id: 'vigil-probe-lost',
  title: 'The host of a live session is no longer observed',
  severity: 'medium',
  why: 'What the session does now nobody sees from outside, and controls reach it late or never.',
  response: 'Look at the host by another way; contain the session as soon as the probe is back.',
  falsePositives: ['A restart of the probe or of the host', 'A break of the network'],
  measures:
    'a probe with live sessions is gone for 60 s; high where one of them was at work within the 30 s before, unless 3 or more hosts were lost in the same minute',
  sources: ['telemetry'],
}

export const hostViewSilent: DetectorRule = {
  ...common,
  id: 'vigil-host-view-silent',
  title: 'A session runs commands that its host does not see',
  severity: 'medium',
  why: 'Its processes left the place where they are observed, or the observer was blinded for it.',
  response: 'Look for processes outside of the session’s cgroup; pause and see whether it really stops.',
  falsePositives: ['Tools that run on another machine', 'A probe that was restarted without its backlog'],
  measures:
    '6 shell calls over at least 60 s without a process or connection of the session, of which the host saw at least 5 before',
  sources: ['action', 'process', 'connection'],
}

export const agentSilent: DetectorRule = {
  ...common,
  id: 'vigil-agent-silent',
  title: 'A session’s processes go on while its agent reports nothing',
  severity: 'medium',
  why: 'What runs is no part of any tool call that was reported: it was left behind, or the reporting was cut.',
  response: 'Look which processes started since the last tool call.',
  falsePositives: [
    'A server or watcher that a tool call left running on purpose',
    'An exporter of traces that is behind',
  ],
  measures:
    '20 new processes later than 10 minutes after the agent was last heard, with no tool call open, after at least 3 calls',
  sources: ['action', 'process', 'telemetry'],
}

export const logGap: DetectorRule = {
  ...common,
  id: 'vigil-log-gap',
  title: 'Facts were lost before they reached the log',
  severity: 'low',
  why: 'What happened in the gap cannot be shown; a flood may have been made to open it.',
  response: 'Look who caused the flood, if it was one.',
  falsePositives: ['Overload', 'A probe that was offline longer than its backlog holds'],
  measures: 'any gap of events; medium from 10,000 on',
  sources: ['telemetry'],
}

export const telemetryRules = [probeLost, hostViewSilent, agentSilent, logGap] as const
