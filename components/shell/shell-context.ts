'use client'
// Lets any page open what belongs to the shell.
import { createContext } from 'react'

export const ShellContext = createContext({ openPalette: () => {}, openHelp: () => {}, openContain: () => {} })
