-- What the room of numbers counts beside flags and approvals: verdicts, and incidents that have left memory. Few among everything else, and
-- an index each, so that neither is looked for among all flags. Partial, so Prisma's schema cannot say it.
CREATE INDEX "event_verdict_idx" ON "event" ("seen_at", "seq") WHERE "kind" = 'flag.judged';
CREATE INDEX "event_incident_idx" ON "event" ("seen_at", "seq") WHERE "kind" IN ('incident.opened', 'incident.joined', 'incident.changed');
