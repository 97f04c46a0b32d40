"""How well: drives, tests and verdicts."""
