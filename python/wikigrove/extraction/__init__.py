"""Plain text of records: what a reader sees, and a counted report of what was left out."""
