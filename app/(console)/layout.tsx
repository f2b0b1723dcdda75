// Everything behind the sign-in shares one shell, and with it one socket.
import type { ReactNode } from 'react'
import { ConsoleShell } from '../../components/shell/console-shell.tsx'

export default function Layout({ children }: { children: ReactNode }) {
  return <ConsoleShell>{children}</ConsoleShell>
}
