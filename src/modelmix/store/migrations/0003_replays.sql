-- Replays: what was asked again, each sending with what it may and did cost, answers by their content, grades.

CREATE TABLE replays (
  replay_id TEXT NOT NULL PRIMARY KEY,
  at_us BIGINT NOT NULL,
  settings TEXT NOT NULL,
  settings_sha256 TEXT NOT NULL,
  opening TEXT NOT NULL,
  outcome TEXT NOT NULL,
  summary TEXT NOT NULL
);

CREATE TABLE sendings (
  sending_id INTEGER NOT NULL PRIMARY KEY,
  replay_id TEXT NOT NULL REFERENCES replays (replay_id),
  answer_id TEXT NOT NULL,
  model TEXT NOT NULL,
  at_us BIGINT NOT NULL,
  reserved_usd TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('sent', 'answered', 'failed', 'lost', 'found')),
  usd TEXT,
  call_id TEXT NOT NULL
);

CREATE INDEX sendings_by_replay ON sendings (replay_id);
CREATE INDEX sendings_open ON sendings (state) WHERE state IN ('sent', 'lost');

-- An answer is known by what was asked, of whom and where: nothing that is here is ever asked for again.
CREATE TABLE answers (
  answer_id TEXT NOT NULL PRIMARY KEY,
  replay_id TEXT NOT NULL REFERENCES replays (replay_id),
  call_id TEXT NOT NULL,
  status BIGINT NOT NULL,
  error TEXT NOT NULL,
  usage TEXT NOT NULL,
  usd TEXT,
  latency_ms DOUBLE PRECISION,
  reply TEXT
);

CREATE TABLE grades (
  answer_id TEXT NOT NULL REFERENCES answers (answer_id) ON DELETE CASCADE,
  grader TEXT NOT NULL,
  reference_sha256 TEXT NOT NULL,
  score DOUBLE PRECISION,
  checks_ok SMALLINT,
  slice TEXT NOT NULL,
  why TEXT NOT NULL,
  PRIMARY KEY (answer_id, grader, reference_sha256)
);
