"""Door to processes: programs that nobody has read, run with limits and ended whole."""
