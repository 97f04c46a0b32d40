"""Numbers into words and pictures."""
