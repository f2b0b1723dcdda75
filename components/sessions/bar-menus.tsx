'use client'
// The menus of the bar above the sessions: what narrows the list, which columns it has, and views kept under a name.
import { Bookmark, Check, ChevronRight, Columns3, ListFilterPlus, Trash2 } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { DropdownMenu as Menu } from 'radix-ui'
import { type ReactNode, useState } from 'react'
import type { z } from 'zod'
import type { SessionRow } from '../../server/protocol/browser-messages.ts'
import { Capability } from '../../server/protocol/control.ts'
import { useLive } from '../live/live-context.tsx'
import { useShortcuts } from '../shell/use-shortcuts.ts'
import { Button } from '../ui/button.tsx'
import { classNames } from '../ui/class-names.ts'
import { countText } from '../ui/format-quantity.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { SavedViews, useKept, viewsMax, withView } from './browser-kept.ts'
import { columnKeys, columns, columnsAtFirst } from './columns.ts'
import { useChips, useLiveUrl } from './live-url.ts'
import { type ChipName, type Chips, riskChoices, valuesOf } from './session-filter.ts'
import { useColumns } from './use-columns.ts'

const item =
  'flex min-h-8 cursor-default items-center gap-2 rounded-md px-2 py-1 outline-none data-disabled:text-muted data-highlighted:bg-raised max-md:min-h-11'
const sheet =
  'z-50 max-h-[70dvh] min-w-52 max-w-80 overflow-y-auto rounded-lg border border-line-strong bg-panel p-1 shadow-lg'
const label = 'px-2 pt-2 pb-1 text-xs text-muted'

type MenuProps = {
  icon: ReactNode
  name: string
  children: ReactNode
  open?: boolean
  onOpenChange?: (open: boolean) => void
}

function BarMenu({ icon, name, children, ...state }: MenuProps) {
  return (
    <Menu.Root modal={false} {...state}>
      <Menu.Trigger asChild>
        <Button look="bare" aria-label={name} className="px-2 max-md:h-9">
          {icon}
          <span className="max-xl:hidden">{name}</span>
        </Button>
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Content align="start" sideOffset={6} collisionPadding={8} className={sheet}>
          {children}
        </Menu.Content>
      </Menu.Portal>
    </Menu.Root>
  )
}

/** Sets one chip or takes it away; hosts, agents, tasks and capabilities add up. */
export function useToggleChip(): (chip: ChipName, value: string) => void {
  const chips = useChips()
  const [, setUrl] = useLiveUrl()
  return (chip, value) => {
    if (chip === 'flag') void setUrl({ flag: chips.flag === value ? null : value === 'page' ? 'page' : 'any' })
    else if (chip === 'risk') void setUrl({ risk: String(chips.risk) === value ? null : Number(value) })
    else {
      const known: readonly string[] = chips[chip]
      const next = known.includes(value) ? known.filter((each) => each !== value) : [...known, value]
      void setUrl({ [chip]: next.length === 0 ? null : next })
    }
  }
}

export function FilterMenu() {
  const chips = useChips()
  const toggle = useToggleChip()
  const choice = (chip: ChipName, value: string, word: string, on: boolean) => (
    <Menu.CheckboxItem
      key={value}
      checked={on}
      className={item}
      onSelect={(event) => event.preventDefault()}
      onCheckedChange={() => toggle(chip, value)}
    >
      <Tick on={on} /> {word}
    </Menu.CheckboxItem>
  )
  return (
    <BarMenu icon={<ListFilterPlus aria-hidden />} name="Filter">
      {choice('flag', 'any', 'Has a flag', chips.flag === 'any')}
      {choice('flag', 'page', 'Has a page-level flag', chips.flag === 'page')}
      <Menu.Label className={label}>Risk at least</Menu.Label>
      {riskChoices.map((risk) => choice('risk', String(risk), String(risk), chips.risk === risk))}
      <Menu.Label className={label}>Taken away, or asked to be</Menu.Label>
      {Capability.options.map((each) => choice('revoked', each, each, chips.revoked.includes(each)))}
      <Menu.Separator className="my-1 h-px bg-line" />
      <ValueMenu chip="host" name="Host" read={(row) => row.host} chips={chips} toggle={toggle} />
      <ValueMenu chip="agent" name="Agent" read={(row) => row.agent} chips={chips} toggle={toggle} />
      <ValueMenu chip="task" name="Task" read={(row) => row.task} chips={chips} toggle={toggle} />
    </BarMenu>
  )
}

type ValueProps = {
  chip: 'host' | 'agent' | 'task'
  name: string
  read: (row: SessionRow) => string | undefined
  chips: Chips
  toggle: (chip: ChipName, value: string) => void
}

/** What there is to choose is read when it opens: it must not change under the pointer. */
function ValueMenu({ chip, name, read, chips, toggle }: ValueProps) {
  const { store } = useLive()
  const [known, setKnown] = useState<ReturnType<typeof valuesOf>>()
  const chosen: readonly string[] = chips[chip]
  return (
    <Menu.Sub onOpenChange={(open) => open && setKnown(valuesOf(store.shown().rows.values(), read))}>
      <Menu.SubTrigger className={item}>
        {name} <ChevronRight aria-hidden className="ml-auto size-3.5 text-muted" />
      </Menu.SubTrigger>
      <Menu.Portal>
        <Menu.SubContent sideOffset={4} collisionPadding={8} className={sheet}>
          {known?.values.length === 0 && <p className={label}>No session here names one</p>}
          {known?.values.map(({ value, count }) => (
            <Menu.CheckboxItem
              key={value}
              checked={chosen.includes(value)}
              className={item}
              onSelect={(event) => event.preventDefault()}
              onCheckedChange={() => toggle(chip, value)}
            >
              <Tick on={chosen.includes(value)} />
              <HostileText text={value} max={80} className="min-w-0 truncate" />
              <span className="ml-auto text-xs text-muted">{countText(count)}</span>
            </Menu.CheckboxItem>
          ))}
          {known !== undefined && known.more > 0 && (
            <p className={label}>{countText(known.more)} more: find them by words</p>
          )}
        </Menu.SubContent>
      </Menu.Portal>
    </Menu.Sub>
  )
}

function Tick({ on }: { on: boolean }) {
  return <Check aria-hidden className={classNames('size-3.5 shrink-0', !on && 'invisible')} />
}

export function ColumnMenu() {
  const [chosen, choose] = useColumns()
  return (
    <BarMenu icon={<Columns3 aria-hidden />} name="Columns">
      {columnKeys.map((key) => {
        const on = chosen.includes(key)
        return (
          <Menu.CheckboxItem
            key={key}
            checked={on}
            className={item}
            onSelect={(event) => event.preventDefault()}
            onCheckedChange={() => choose(on ? chosen.filter((each) => each !== key) : [...chosen, key])}
          >
            <Tick on={on} /> {columns[key].name}
          </Menu.CheckboxItem>
        )
      })}
      <Menu.Separator className="my-1 h-px bg-line" />
      <Menu.Item className={item} onSelect={() => choose(columnsAtFirst)}>
        <Tick on={false} /> As at first
      </Menu.Item>
    </BarMenu>
  )
}

/** `v` opens it; arrows and the first letters of a name choose. */
export function ViewMenu() {
  const router = useRouter()
  const [views, keep] = useKept('vigil.live.views', SavedViews, noViews)
  const [open, setOpen] = useState(false)
  const [name, setName] = useState('')
  useShortcuts({ v: () => setOpen(true) })
  const forget = (gone: string) => keep(views.filter((each) => each.name !== gone))
  const save = () => {
    const words = name.trim().slice(0, 60)
    if (words === '') return
    keep(withView(views, { name: words, search: window.location.search }))
    setName('')
    setOpen(false)
  }
  return (
    <BarMenu icon={<Bookmark aria-hidden />} name="Views" open={open} onOpenChange={setOpen}>
      {views.length === 0 && <p className={label}>No view is kept in this browser yet</p>}
      {views.map((view) => (
        <div key={view.name} className="flex items-center">
          <Menu.Item
            title="Delete forgets it"
            className={classNames(item, 'min-w-0 flex-1')}
            onSelect={() => router.push(`/live${view.search}`)}
            onKeyDown={(event) => event.key === 'Delete' && forget(view.name)}
          >
            <HostileText text={view.name} max={60} className="truncate" />
          </Menu.Item>
          {/* Not among the items: the arrow that leads to the next view must not stop at what forgets one. */}
          <button
            type="button"
            tabIndex={-1}
            aria-label={`Forget the view ${view.name}`}
            className={classNames(item, 'text-muted hover:bg-raised hover:text-ink')}
            onClick={() => forget(view.name)}
          >
            <Trash2 aria-hidden className="size-3.5" />
          </button>
        </div>
      ))}
      <Menu.Separator className="my-1 h-px bg-line" />
      <form
        className="flex gap-1.5 p-1.5"
        onSubmit={(event) => {
          event.preventDefault()
          save()
        }}
      >
        <input
          value={name}
          maxLength={60}
          aria-label="Name of the view"
          placeholder="Keep this as…"
          autoComplete="off"
          onChange={(event) => setName(event.target.value)}
          // The menu would take letters for its own search, and arrows for its items.
          onKeyDown={(event) => event.key !== 'Escape' && event.key !== 'Tab' && event.stopPropagation()}
          className="h-7 min-w-0 flex-1 rounded-md border bg-canvas px-2 text-sm max-md:h-11 max-md:text-[16px]"
        />
        <Button type="submit" className="max-md:h-11">
          Keep
        </Button>
      </form>
      <p className="px-2 pb-1.5 text-xs text-muted">
        Filter, sorting, columns and lanes; in this browser alone, at most {viewsMax}.
      </p>
    </BarMenu>
  )
}

const noViews: z.infer<typeof SavedViews> = []
