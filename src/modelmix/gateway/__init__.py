"""The door for programs: an Anthropic-compatible gateway."""
