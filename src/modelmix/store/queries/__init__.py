"""Queries over the lake, one file each, in DuckDB's dialect; ``Lake.query`` runs them."""
