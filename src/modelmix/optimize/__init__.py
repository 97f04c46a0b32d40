"""From evidence to policy."""
