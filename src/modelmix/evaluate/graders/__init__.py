"""Graders that need no judge: a reply held against a reference by rules alone."""
