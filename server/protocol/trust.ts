// Who vouches for a fact. The server sets it from the key that a fact came with; a sender cannot choose it.
import { z } from 'zod'

/**
 * Order of trust, strongest first: what the kernel or firewall saw from outside the sandbox, what a host's probe or GPU
 * reported, what the trainer said, what the agent said of itself. `vigil` is this server; `operator` is a person acting in it.
 */
export const Trust = z.enum(['vigil', 'operator', 'firewall', 'kernel', 'host', 'gpu', 'trainer', 'agent'])
export type Trust = z.infer<typeof Trust>
