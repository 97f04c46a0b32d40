"""The one door to the Claude API."""
