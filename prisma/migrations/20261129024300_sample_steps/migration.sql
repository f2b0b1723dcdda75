-- Ten seconds of readings in a row, between single readings and minutes: made of a day's readings when they are dropped, for charts of so short a span
-- that minutes are too coarse.
-- CreateTable
CREATE TABLE "session_sample_step" (
    "session" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "cpu_percent_avg" REAL NOT NULL,
    "cpu_percent_max" REAL NOT NULL,
    "memory_bytes_max" BIGINT NOT NULL,
    "bytes_out_max" BIGINT NOT NULL,
    "bytes_in_max" BIGINT NOT NULL,
    "n" INTEGER NOT NULL,

    CONSTRAINT "session_sample_step_pkey" PRIMARY KEY ("session","at")
);

-- CreateTable
CREATE TABLE "gpu_sample_step" (
    "host" TEXT NOT NULL,
    "gpu" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
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

    CONSTRAINT "gpu_sample_step_pkey" PRIMARY KEY ("host","gpu","at")
);

-- CreateIndex
CREATE INDEX "session_sample_step_at_idx" ON "session_sample_step" USING BRIN ("at");

-- CreateIndex
CREATE INDEX "gpu_sample_step_at_idx" ON "gpu_sample_step" USING BRIN ("at");
