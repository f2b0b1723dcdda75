// Every table of ours, in an order in which each comes after those that it refers to. A test holds this list beside the schema: a table that is
// forgotten here would be missing from every backup. `_prisma_migrations` is not among them: a restore
// migrates by itself; nor is `log_lease`: who writes the log now is no content of it.
export const backupTables = [
  'operator',
  'operator_session',
  'operator_account',
  'operator_verification',
  'operator_two_factor',
  'api_key',
  'webhook',
  'wall_link',
  'notification_route',
  'notification_delivery',
  'setting',
  'rule_text',
  'rule_setting',
  'rule_exception',
  'event',
  'event_key',
  'probe_stream',
  'snapshot',
  'source',
  'source_refusal',
  'destination',
  'session_sample',
  'gpu_sample',
  'session_sample_step',
  'gpu_sample_step',
  'session_sample_minute',
  'gpu_sample_minute',
  'audit_entry',
] as const

/**
 * Whoever changes which tables there are (a new day, a day that is dropped) has this lock shared, a backup has it alone. Without it they would queue
 * behind the backup's reading for their exclusive lock, and everything that is written behind them.
 */
export const tableChangeLock = 8_611_417_302
