"""The offline corridor: one function per command."""
