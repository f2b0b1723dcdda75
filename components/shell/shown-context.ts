// The evidence bundle that this console shows; undefined in a console over a running server.
import { createContext } from 'react'
import type { ShownBundle } from '../../server/protocol/shown-bundle.ts'

export const ShownContext = createContext<ShownBundle | undefined>(undefined)
