"""A strict practice Claude API on loopback; its answers are synthetic."""
