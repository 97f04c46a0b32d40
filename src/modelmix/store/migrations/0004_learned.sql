-- Outcomes of requests that were learned from in flight: grades and costs, and no text. They stay here until
-- all that was planned of their task type is there, and are evidence in the lake from then on.
CREATE TABLE learned (
  replay_id TEXT NOT NULL REFERENCES replays (replay_id),
  prompt_id TEXT NOT NULL,
  task_type TEXT NOT NULL,
  model TEXT NOT NULL,
  effort TEXT NOT NULL,
  score DOUBLE PRECISION NOT NULL,
  cluster_id TEXT NOT NULL,
  cost_usd TEXT,
  checks_ok SMALLINT,
  slice TEXT NOT NULL,
  grader TEXT NOT NULL,
  why TEXT NOT NULL,
  PRIMARY KEY (replay_id, prompt_id, model, effort)
);
