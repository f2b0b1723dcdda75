-- CreateTable
CREATE TABLE "destination" (
    "key" TEXT NOT NULL,
    "detail" JSONB NOT NULL,

    CONSTRAINT "destination_pkey" PRIMARY KEY ("key")
);
