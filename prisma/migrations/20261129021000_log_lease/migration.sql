-- Who may write a partition of the log. Each owner has an epoch of its own, and every append asks for it in its own transaction.
CREATE TABLE "log_lease" (
  "partition" SMALLINT NOT NULL,
  "epoch" BIGINT NOT NULL,
  "node" TEXT NOT NULL,
  "url" TEXT NOT NULL,
  "backend_pid" INTEGER NOT NULL,
  "taken_at" TIMESTAMPTZ(3) NOT NULL,
  "seen_at" TIMESTAMPTZ(3) NOT NULL,

  CONSTRAINT "log_lease_pkey" PRIMARY KEY ("partition")
);

-- The row stays locked until the append is committed or given up, so that who takes over waits for it, and sees it or sees it never.
CREATE FUNCTION require_log_lease(wanted_partition SMALLINT, wanted_epoch BIGINT) RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM log_lease WHERE partition = wanted_partition AND epoch = wanted_epoch FOR KEY SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'another node owns partition % of the log now', wanted_partition USING ERRCODE = 'VG001';
  END IF;
END
$$;
