-- Calls, imports, quarantine, attempts, verdicts and policies.
-- Instants are microseconds since 1970-01-01T00:00Z; money is exact decimal text; flags are 0 or 1.

CREATE TABLE calls (
  call_id TEXT NOT NULL UNIQUE,
  at_us BIGINT NOT NULL,
  source TEXT NOT NULL,
  model_requested TEXT NOT NULL,
  model_served TEXT NOT NULL,
  input_tokens BIGINT NOT NULL,
  cache_read_tokens BIGINT NOT NULL,
  cache_write_5m_tokens BIGINT NOT NULL,
  cache_write_1h_tokens BIGINT NOT NULL,
  output_tokens BIGINT NOT NULL,
  web_search_requests BIGINT NOT NULL,
  web_fetch_requests BIGINT NOT NULL,
  iterations TEXT,
  request_id TEXT NOT NULL,
  session_id TEXT NOT NULL,
  is_subagent SMALLINT NOT NULL,
  task_type TEXT NOT NULL,
  task_source TEXT NOT NULL,
  template TEXT NOT NULL,
  effort TEXT,
  stream SMALLINT NOT NULL,
  status BIGINT NOT NULL,
  stop_reason TEXT NOT NULL,
  error TEXT NOT NULL,
  batch SMALLINT NOT NULL,
  fast SMALLINT NOT NULL,
  us SMALLINT NOT NULL,
  write_split_known SMALLINT NOT NULL,
  reported_usd TEXT,
  reason TEXT NOT NULL,
  policy_sha256 TEXT NOT NULL,
  ttft_ms DOUBLE PRECISION,
  latency_ms DOUBLE PRECISION
);

CREATE INDEX calls_by_time ON calls (at_us);

-- A day whose changes are ahead of those in the lake has to be written there again.
CREATE TABLE days (
  day BIGINT NOT NULL PRIMARY KEY,
  changes BIGINT NOT NULL,
  in_lake BIGINT NOT NULL
);

CREATE TABLE imports (
  import_id TEXT NOT NULL PRIMARY KEY,
  source TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  size_bytes BIGINT NOT NULL,
  kind TEXT NOT NULL,
  at_us BIGINT NOT NULL,
  n_rows BIGINT NOT NULL,
  bad_rows BIGINT NOT NULL,
  settings TEXT NOT NULL
);

CREATE TABLE bad_rows (
  import_id TEXT NOT NULL REFERENCES imports (import_id) ON DELETE CASCADE,
  source TEXT NOT NULL,
  line BIGINT NOT NULL,
  why TEXT NOT NULL
);

CREATE INDEX bad_rows_by_import ON bad_rows (import_id);

CREATE TABLE attempts (
  attempt_id INTEGER NOT NULL PRIMARY KEY,
  at_us BIGINT NOT NULL,
  settings TEXT NOT NULL,
  settings_sha256 TEXT NOT NULL,
  evidence_sha256 TEXT NOT NULL,
  imports TEXT NOT NULL,
  candidates TEXT NOT NULL,
  margin DOUBLE PRECISION,
  alpha DOUBLE PRECISION,
  k BIGINT,
  outcome TEXT NOT NULL
);

CREATE TABLE verdicts (
  attempt_id BIGINT NOT NULL REFERENCES attempts (attempt_id) ON DELETE CASCADE,
  task_type TEXT NOT NULL,
  candidate TEXT NOT NULL,
  verdict TEXT NOT NULL,
  pairs DOUBLE PRECISION NOT NULL,
  loss DOUBLE PRECISION,
  bound DOUBLE PRECISION,
  PRIMARY KEY (attempt_id, task_type, candidate)
);

CREATE TABLE policies (
  policy_id INTEGER NOT NULL PRIMARY KEY,
  sha256 TEXT NOT NULL,
  at_us BIGINT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('observe', 'enforce', 'off'))
);
