"""The kinds of task of the practice world: each can be written, solved, and answered wrongly."""
