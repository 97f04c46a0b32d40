"""From features to task type."""
