-- CreateTable
CREATE TABLE "audit_entry" (
    "partition" SMALLINT NOT NULL,
    "n" BIGINT NOT NULL,
    "seen_at" TIMESTAMPTZ(3) NOT NULL,
    "kind" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "session" TEXT,
    "body" TEXT NOT NULL,
    "hash" TEXT NOT NULL,

    CONSTRAINT "audit_entry_pkey" PRIMARY KEY ("partition","n")
);

-- CreateIndex
CREATE INDEX "audit_entry_session_n_idx" ON "audit_entry"("session", "n");
