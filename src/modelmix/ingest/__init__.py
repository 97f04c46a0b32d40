"""Others' rows into calls and outcomes; one file per source."""
