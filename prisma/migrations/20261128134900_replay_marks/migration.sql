-- What a person steps to while looking back is little among millions of events: its own index finds it, and costs other events nothing.
-- Partial, so Prisma's schema cannot say it.
CREATE INDEX "event_mark_idx" ON "event" ("seen_at", "seq") INCLUDE ("kind", "session")
  WHERE "kind" IN ('flag.raised', 'approval.requested', 'approval.decided', 'control.requested', 'containment.requested', 'containment.lifted');
