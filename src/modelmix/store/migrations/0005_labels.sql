-- Labels: what people say of answers, one row for each person, prompt and candidate; a later word replaces it.

CREATE TABLE labels (
  who TEXT NOT NULL,
  task_type TEXT NOT NULL,
  prompt_id TEXT NOT NULL,
  candidate TEXT NOT NULL,
  baseline TEXT NOT NULL,
  score DOUBLE PRECISION,
  baseline_score DOUBLE PRECISION,
  answer_sha256 TEXT NOT NULL,
  baseline_sha256 TEXT NOT NULL,
  at_us BIGINT NOT NULL,
  seconds DOUBLE PRECISION,
  stratum TEXT NOT NULL,
  drawn_by TEXT NOT NULL,
  PRIMARY KEY (who, task_type, prompt_id, candidate, baseline)
);
