"""Dashboard: HTTP from people, on this machine alone."""
