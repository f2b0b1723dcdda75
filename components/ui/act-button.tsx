'use client'
// A button that acts on agents. Where nothing may act, as in the past, it is off and says why.
import { type ComponentProps, createContext, useContext } from 'react'
import { Button } from './button.tsx'

/** Why nothing acts here; undefined: it does. */
export const ActsOffContext = createContext<string | undefined>(undefined)
export const useActsOff = (): string | undefined => useContext(ActsOffContext)

export function ActButton(props: ComponentProps<typeof Button>) {
  const why = useActsOff()
  if (why === undefined) return <Button {...props} />
  const { onClick: _, ...rest } = props
  return (
    <Button
      {...rest}
      look="off"
      type="button"
      aria-disabled
      aria-description={why}
      title={why}
      onClick={(event) => event.preventDefault()}
      onPointerDown={(event) => event.preventDefault()}
      onKeyDown={undefined}
    />
  )
}
