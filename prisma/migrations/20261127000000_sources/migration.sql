-- AlterTable
ALTER TABLE "event" ADD COLUMN     "source" TEXT;

-- AlterTable
ALTER TABLE "gpu_sample" ADD COLUMN     "memory_clock_mhz" REAL,
ADD COLUMN     "power_limit_watts" REAL,
ADD COLUMN     "sm_clock_mhz" REAL,
ADD COLUMN     "throttling" TEXT[],
ADD COLUMN     "user" TEXT;

-- CreateTable
CREATE TABLE "source" (
    "id" TEXT NOT NULL,
    "format" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "first_seen_at" TIMESTAMPTZ(3) NOT NULL,
    "last_seen_at" TIMESTAMPTZ(3) NOT NULL,
    "newest_at" TIMESTAMPTZ(3),
    "records" BIGINT NOT NULL,
    "events" BIGINT NOT NULL,
    "duplicates" BIGINT NOT NULL,
    "samples" BIGINT NOT NULL,
    "refused" BIGINT NOT NULL,
    "skipped" BIGINT NOT NULL,
    "bytes" BIGINT NOT NULL,
    "detail" JSONB NOT NULL,

    CONSTRAINT "source_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "source_refusal" (
    "id" BIGSERIAL NOT NULL,
    "source" TEXT NOT NULL,
    "seen_at" TIMESTAMPTZ(3) NOT NULL,
    "line" INTEGER NOT NULL,
    "reason" TEXT NOT NULL,
    "raw" BYTEA NOT NULL,

    CONSTRAINT "source_refusal_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "event_source_seq_idx" ON "event"("source", "seq");

-- CreateIndex
CREATE INDEX "source_refusal_source_id_idx" ON "source_refusal"("source", "id");
