-- Written by Prisma from schema.prisma, except for PARTITION BY and the DEFAULT partitions, which it cannot say.

-- CreateTable
CREATE TABLE "operator" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "email" TEXT NOT NULL,
    "email_verified" BOOLEAN NOT NULL DEFAULT false,
    "image" TEXT,
    "role" TEXT NOT NULL DEFAULT 'viewer',
    "two_factor_enabled" BOOLEAN DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "operator_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "operator_session" (
    "id" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "token" TEXT NOT NULL,
    "ip_address" TEXT,
    "user_agent" TEXT,
    "user_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "operator_session_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "operator_account" (
    "id" TEXT NOT NULL,
    "account_id" TEXT NOT NULL,
    "provider_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "access_token" TEXT,
    "refresh_token" TEXT,
    "id_token" TEXT,
    "access_token_expires_at" TIMESTAMPTZ(3),
    "refresh_token_expires_at" TIMESTAMPTZ(3),
    "scope" TEXT,
    "password" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "operator_account_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "operator_verification" (
    "id" TEXT NOT NULL,
    "identifier" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "operator_verification_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "operator_two_factor" (
    "id" TEXT NOT NULL,
    "secret" TEXT NOT NULL,
    "backup_codes" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "verified" BOOLEAN DEFAULT true,
    "failed_verification_count" INTEGER DEFAULT 0,
    "locked_until" TIMESTAMPTZ(3),

    CONSTRAINT "operator_two_factor_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "api_key" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "hint" TEXT NOT NULL,
    "scopes" TEXT[],
    "host" TEXT,
    "session" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" TEXT,
    "last_used_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "api_key_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "setting" (
    "key" TEXT NOT NULL,
    "value" JSONB NOT NULL,

    CONSTRAINT "setting_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "event" (
    "partition" SMALLINT NOT NULL,
    "seq" BIGINT NOT NULL,
    "id" UUID NOT NULL,
    "seen_at" TIMESTAMPTZ(3) NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "kind" TEXT NOT NULL,
    "version" SMALLINT NOT NULL,
    "trust" TEXT NOT NULL,
    "session" TEXT,
    "host" TEXT,
    "data" JSON NOT NULL,

    CONSTRAINT "event_pkey" PRIMARY KEY ("partition","seq","seen_at")
) PARTITION BY RANGE ("seen_at");

-- A row is never refused for want of a partition. Daily ones are made by server/store/partitions.ts.
CREATE TABLE "event_default" PARTITION OF "event" DEFAULT;

-- CreateTable
CREATE TABLE "event_key" (
    "key" UUID NOT NULL,
    "seen_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "event_key_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "probe_stream" (
    "stream_id" TEXT NOT NULL,
    "host" TEXT NOT NULL,
    "acked_n" BIGINT NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "probe_stream_pkey" PRIMARY KEY ("stream_id")
);

-- CreateTable
CREATE TABLE "snapshot" (
    "partition" SMALLINT NOT NULL,
    "seq" BIGINT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "version" INTEGER NOT NULL,
    "state" BYTEA NOT NULL,

    CONSTRAINT "snapshot_pkey" PRIMARY KEY ("partition","seq")
);

-- CreateTable
CREATE TABLE "session_sample" (
    "at" TIMESTAMPTZ(3) NOT NULL,
    "session" TEXT NOT NULL,
    "host" TEXT NOT NULL,
    "cpu_percent" REAL NOT NULL,
    "memory_bytes" BIGINT NOT NULL,
    "bytes_out" BIGINT NOT NULL,
    "bytes_in" BIGINT NOT NULL,
    "process_count" INTEGER NOT NULL,
    "connection_count" INTEGER NOT NULL,

    CONSTRAINT "session_sample_pkey" PRIMARY KEY ("session","at")
) PARTITION BY RANGE ("at");

-- A row is never refused for want of a partition. Daily ones are made by server/store/partitions.ts.
CREATE TABLE "session_sample_default" PARTITION OF "session_sample" DEFAULT;

-- CreateTable
CREATE TABLE "gpu_sample" (
    "at" TIMESTAMPTZ(3) NOT NULL,
    "host" TEXT NOT NULL,
    "gpu" TEXT NOT NULL,
    "gpu_index" INTEGER NOT NULL,
    "util_percent" REAL,
    "memory_used_bytes" BIGINT,
    "memory_total_bytes" BIGINT,
    "memory_bandwidth_percent" REAL,
    "power_watts" REAL,
    "temperature_c" REAL,

    CONSTRAINT "gpu_sample_pkey" PRIMARY KEY ("host","gpu","at")
) PARTITION BY RANGE ("at");

-- A row is never refused for want of a partition. Daily ones are made by server/store/partitions.ts.
CREATE TABLE "gpu_sample_default" PARTITION OF "gpu_sample" DEFAULT;

-- CreateTable
CREATE TABLE "session_sample_minute" (
    "session" TEXT NOT NULL,
    "minute" TIMESTAMPTZ(3) NOT NULL,
    "cpu_percent_avg" REAL NOT NULL,
    "cpu_percent_max" REAL NOT NULL,
    "memory_bytes_max" BIGINT NOT NULL,
    "bytes_out_max" BIGINT NOT NULL,
    "bytes_in_max" BIGINT NOT NULL,
    "n" INTEGER NOT NULL,

    CONSTRAINT "session_sample_minute_pkey" PRIMARY KEY ("session","minute")
);

-- CreateTable
CREATE TABLE "gpu_sample_minute" (
    "host" TEXT NOT NULL,
    "gpu" TEXT NOT NULL,
    "minute" TIMESTAMPTZ(3) NOT NULL,
    "gpu_index" INTEGER NOT NULL,
    "util_percent_avg" REAL,
    "util_percent_max" REAL,
    "memory_used_bytes_max" BIGINT,
    "memory_bandwidth_percent_avg" REAL,
    "memory_bandwidth_percent_max" REAL,
    "power_watts_avg" REAL,
    "power_watts_max" REAL,
    "temperature_c_max" REAL,
    "n" INTEGER NOT NULL,

    CONSTRAINT "gpu_sample_minute_pkey" PRIMARY KEY ("host","gpu","minute")
);

-- CreateIndex
CREATE UNIQUE INDEX "operator_email_key" ON "operator"("email");

-- CreateIndex
CREATE UNIQUE INDEX "operator_session_token_key" ON "operator_session"("token");

-- CreateIndex
CREATE INDEX "operator_session_user_id_idx" ON "operator_session"("user_id");

-- CreateIndex
CREATE INDEX "operator_account_user_id_idx" ON "operator_account"("user_id");

-- CreateIndex
CREATE UNIQUE INDEX "operator_account_provider_id_account_id_key" ON "operator_account"("provider_id", "account_id");

-- CreateIndex
CREATE INDEX "operator_verification_identifier_idx" ON "operator_verification"("identifier");

-- CreateIndex
CREATE INDEX "operator_two_factor_user_id_idx" ON "operator_two_factor"("user_id");

-- CreateIndex
CREATE INDEX "operator_two_factor_secret_idx" ON "operator_two_factor"("secret");

-- CreateIndex
CREATE UNIQUE INDEX "api_key_hash_key" ON "api_key"("hash");

-- CreateIndex
CREATE INDEX "event_session_seq_idx" ON "event"("session", "seq");

-- CreateIndex
CREATE INDEX "event_seen_at_idx" ON "event" USING BRIN ("seen_at");

-- CreateIndex
CREATE INDEX "event_key_seen_at_idx" ON "event_key" USING BRIN ("seen_at");

-- CreateIndex
CREATE INDEX "snapshot_partition_at_idx" ON "snapshot"("partition", "at");

-- CreateIndex
CREATE INDEX "session_sample_minute_minute_idx" ON "session_sample_minute" USING BRIN ("minute");

-- CreateIndex
CREATE INDEX "gpu_sample_minute_minute_idx" ON "gpu_sample_minute" USING BRIN ("minute");

-- AddForeignKey
ALTER TABLE "operator_session" ADD CONSTRAINT "operator_session_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "operator"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "operator_account" ADD CONSTRAINT "operator_account_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "operator"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "operator_two_factor" ADD CONSTRAINT "operator_two_factor_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "operator"("id") ON DELETE CASCADE ON UPDATE CASCADE;
