// Settings of the Prisma CLI, for those who run it themselves. The server neither reads this file nor needs the CLI:
// it migrates with server/store/migrate.ts.
import { defineConfig } from 'prisma/config'

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  // No default: without DATABASE_URL the CLI must refuse, never guess a database.
  ...(process.env.DATABASE_URL ? { datasource: { url: process.env.DATABASE_URL } } : {}),
})
