// Rules that people change: texts and their versions, what is set beside them, exceptions. Ordinary rows; whoever changes them leaves an event.
import type { z } from 'zod'
import { AutomaticResponse, ExceptionCondition } from '../protocol/rule-view.ts'
import type { PrismaClient } from './generated/client.ts'

export type RuleTextRow = {
  name: string
  version: number
  /** Undefined: taken away with this version. */
  text: string | undefined
  by: string
  atMs: number
  note: string | undefined
}

export type RuleSettingRow = { rule: string; isEnabled: boolean; automatic: AutomaticResponse | undefined }

export type RuleExceptionRow = {
  id: string
  rule: string
  when: ExceptionCondition[]
  why: string
  by: string
  atMs: number
  expiresAtMs: number
}

export type RuleStore = {
  /** The newest version of every text. */
  newestTexts(): Promise<RuleTextRow[]>
  /** Newest first, without their texts. */
  versions(name: string, limit: number): Promise<RuleTextRow[]>
  textOf(name: string, version: number): Promise<RuleTextRow | undefined>
  /** False where this version is there already: somebody else was faster. */
  addText(row: RuleTextRow): Promise<boolean>
  settings(): Promise<RuleSettingRow[]>
  putSetting(row: RuleSettingRow): Promise<void>
  exceptions(): Promise<RuleExceptionRow[]>
  addException(row: RuleExceptionRow): Promise<void>
  /** False where it was not there. */
  removeException(id: string): Promise<boolean>
}

export function openRuleStore(prisma: PrismaClient): RuleStore {
  const list = ExceptionCondition.array()
  return {
    async newestTexts() {
      const rows = await prisma.ruleText.findMany({
        orderBy: [{ name: 'asc' }, { version: 'desc' }],
        distinct: ['name'],
      })
      return rows.map(textRow)
    },
    async versions(name, limit) {
      const rows = await prisma.ruleText.findMany({
        where: { name },
        orderBy: { version: 'desc' },
        take: limit,
      })
      return rows.map(textRow)
    },
    async textOf(name, version) {
      const row = await prisma.ruleText.findUnique({ where: { name_version: { name, version } } })
      return row ? textRow(row) : undefined
    },
    async addText({ name, version, text, by, atMs, note }) {
      const data = { name, version, text: text ?? null, by, at: new Date(atMs), note: note ?? null }
      const { count } = await prisma.ruleText.createMany({ data: [data], skipDuplicates: true })
      return count === 1
    },
    async settings() {
      return (await prisma.ruleSetting.findMany()).map(({ rule, isEnabled, automatic }) => ({
        rule,
        isEnabled,
        automatic: settingOf(AutomaticResponse, automatic, `the automatic response of rule ${rule}`),
      }))
    },
    async putSetting({ rule, isEnabled, automatic }) {
      // A value of null would be the JSON null; leaving it out of `create` and `update` would keep the old one.
      const data = { isEnabled, automatic: automatic ?? {} }
      await prisma.ruleSetting.upsert({ where: { rule }, create: { rule, ...data }, update: data })
    },
    async exceptions() {
      return (await prisma.ruleException.findMany({ orderBy: { at: 'desc' } })).map((row) => ({
        id: row.id,
        rule: row.rule,
        when: settingOf(list, row.when, `the exception ${row.id}`) ?? [],
        why: row.why,
        by: row.by,
        atMs: row.at.getTime(),
        expiresAtMs: row.expiresAt.getTime(),
      }))
    },
    async addException({ atMs, expiresAtMs, ...row }) {
      await prisma.ruleException.create({ data: { ...row, at: new Date(atMs), expiresAt: new Date(expiresAtMs) } })
    },
    async removeException(id) {
      return (await prisma.ruleException.deleteMany({ where: { id } })).count > 0
    },
  }
}

type Row = { name: string; version: number; text: string | null; by: string; at: Date; note: string | null }

function textRow({ name, version, text, by, at, note }: Row): RuleTextRow {
  return { name, version, text: text ?? undefined, by, atMs: at.getTime(), note: note ?? undefined }
}

/** `{}` and null stand for nothing. Throws for what no version of ours wrote: a rule must not lose its settings in silence. */
function settingOf<T>(schema: z.ZodType<T>, value: unknown, what: string): T | undefined {
  if (value === null || (typeof value === 'object' && !Array.isArray(value) && Object.keys(value).length === 0))
    return undefined
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new Error(`${what} is damaged in the database: ${parsed.error.issues[0]?.message ?? ''}`)
}
