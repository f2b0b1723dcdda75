'use client'
// Lets a row know whether it is selected without drawing the table again.
import { createContext } from 'react'

type SelectionOfPage = {
  ids: ReadonlySet<string>
  toggle: (id: string) => void
  /** From the last picked one to this one, in the order on screen. */
  range: (id: string) => void
}

const nothing = () => undefined
export const SelectionContext = createContext<SelectionOfPage>({ ids: new Set(), toggle: nothing, range: nothing })
