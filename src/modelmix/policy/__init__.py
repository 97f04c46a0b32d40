"""Who answers: policies, and the file they are kept in."""
