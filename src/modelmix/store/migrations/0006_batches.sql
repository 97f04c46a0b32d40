-- Batches: chunks of a replay that went out as message batches; what they ask is booked before they leave.

CREATE TABLE batches (
  number INTEGER NOT NULL PRIMARY KEY,
  replay_id TEXT NOT NULL REFERENCES replays (replay_id),
  name TEXT NOT NULL,
  betas TEXT NOT NULL,
  mark_id TEXT NOT NULL,
  mark_at_us BIGINT,
  batch_id TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('booked', 'sent', 'read'))
);

CREATE INDEX batches_open ON batches (replay_id) WHERE state <> 'read';

ALTER TABLE sendings ADD COLUMN batch INTEGER REFERENCES batches (number);

CREATE INDEX sendings_by_batch ON sendings (batch) WHERE batch IS NOT NULL;
