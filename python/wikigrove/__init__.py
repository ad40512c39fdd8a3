"""Wikimedia dumps into training sets that can be proved."""
