-- What an attempt looked at: hashes of prompt ids, by which another attempt on the same prompts is known.

ALTER TABLE attempts ADD COLUMN prompts TEXT NOT NULL DEFAULT '[]';
