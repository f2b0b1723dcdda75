// Who is behind a session of an operator, in one indexed read: asked with every request, so that who was removed or demoted a moment ago
// does nothing more, on any node.
import type pg from 'pg'

export type SignedIn = { id: string; name: string; email: string; role: string; twoFactor: boolean }

/** Undefined where the session was ended, has run out, or its operator is gone. `token`: as better-auth verified it. */
export async function readSignedIn(pool: pg.Pool, token: string): Promise<SignedIn | undefined> {
  const result = await pool.query<SignedIn>({
    name: 'signed-in',
    text: `SELECT o.id, o.name, o.email, o.role, o.two_factor_enabled IS TRUE AS "twoFactor" FROM operator_session s JOIN operator o ON o.id = s.user_id
           WHERE s.token = $1 AND s.expires_at > now()`,
    values: [token],
  })
  return result.rows[0]
}
