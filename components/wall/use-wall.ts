'use client'
// The wallboard's one socket: figures once a second, each read through its schema; it asks for nothing.
import { useEffect, useState } from 'react'
import { io } from 'socket.io-client'
import { z } from 'zod'
import { WallFigures, wallNamespace } from '../../server/protocol/wall-messages.ts'
import { tokenOf } from './wall-path.ts'
import type { WallLink } from './wall-words.ts'

// The Content-Security-Policy forbids eval.
z.config({ jitless: true })

const retryAfterMs = 3_000

export type Wall = { link: WallLink; figures: WallFigures | undefined; nowMs: number }

export function useWall(): Wall {
  const [link, setLink] = useState<WallLink>({ state: 'connecting' })
  const [figures, setFigures] = useState<WallFigures>()
  const [nowMs, setNowMs] = useState(0)
  useEffect(() => {
    const token = tokenOf(window.location.hash)
    const socket = io(wallNamespace, {
      path: '/socket.io',
      transports: ['websocket', 'polling'],
      withCredentials: true,
      auth: token === undefined ? {} : { token },
      reconnectionDelay: 500,
      reconnectionDelayMax: 3_000,
    })
    let over = false
    let retry: ReturnType<typeof setTimeout> | undefined
    const again = () => {
      clearTimeout(retry)
      retry = setTimeout(() => !over && socket.connect(), retryAfterMs)
    }
    socket.on('figures', (raw: unknown) => {
      const read = WallFigures.safeParse(raw)
      if (!read.success) return setLink({ state: 'misunderstood' })
      setFigures(read.data)
      setLink({ state: 'heard', heardMs: Date.now() })
      setNowMs(Date.now())
    })
    socket.on('connect_error', (error: Error) => {
      if (error.message === 'unauthorized') setLink({ state: 'refused' })
      if (error.message === 'too many') setLink({ state: 'full' })
      // Refused by the server: socket.io does not try that again. A link stays revoked; an operator may have signed in.
      if (!socket.active) again()
    })
    // The server closed it: its own restart, or the link was revoked, which the next try tells.
    socket.on('disconnect', (reason) => reason === 'io server disconnect' && again())
    const timer = setInterval(() => setNowMs(Date.now()), 500)
    // Another link in the same tab is another board.
    const reload = () => window.location.reload()
    window.addEventListener('hashchange', reload)
    return () => {
      over = true
      clearTimeout(retry)
      clearInterval(timer)
      window.removeEventListener('hashchange', reload)
      socket.disconnect()
    }
  }, [])
  return { link, figures, nowMs }
}
