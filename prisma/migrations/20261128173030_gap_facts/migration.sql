-- What says that something was not seen is little among millions of events, and much of it names no session: its own index finds it by time.
-- Partial, so Prisma's schema cannot say it.
CREATE INDEX "event_gap_idx" ON "event" ("seen_at", "seq") INCLUDE ("host", "session")
  WHERE "kind" IN ('gap.recorded', 'probe.connected', 'probe.disconnected');
