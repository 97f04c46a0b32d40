"""Judges: what a model is asked about answers, and what its verdicts mean; asking it is for others."""
