-- CreateTable
CREATE TABLE "rule_text" (
    "name" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "text" TEXT,
    "by" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "note" TEXT,

    CONSTRAINT "rule_text_pkey" PRIMARY KEY ("name","version")
);

-- CreateTable
CREATE TABLE "rule_setting" (
    "rule" TEXT NOT NULL,
    "is_enabled" BOOLEAN NOT NULL,
    "automatic" JSONB,

    CONSTRAINT "rule_setting_pkey" PRIMARY KEY ("rule")
);

-- CreateTable
CREATE TABLE "rule_exception" (
    "id" TEXT NOT NULL,
    "rule" TEXT NOT NULL,
    "when" JSONB NOT NULL,
    "why" TEXT NOT NULL,
    "by" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "rule_exception_pkey" PRIMARY KEY ("id")
);

-- Flags are few among millions of events: their own index makes counting and finding them cheap, and costs other events nothing.
-- Partial, so Prisma's schema cannot say it.
CREATE INDEX "event_flag_idx" ON "event" ("seen_at", "seq") WHERE "kind" IN ('flag.raised', 'flag.judged');
