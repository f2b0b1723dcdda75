-- Approvals are few among millions of events: at a start those of the last weeks are read, to tell how requests of one shape were decided before.
-- Partial, so Prisma's schema cannot say it.
CREATE INDEX "event_approval_idx" ON "event" ("seen_at", "seq") WHERE "kind" IN ('approval.requested', 'approval.decided');
