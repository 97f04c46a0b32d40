"""Numbered steps of the ledger's schema, each a file of SQL that runs in one transaction."""
