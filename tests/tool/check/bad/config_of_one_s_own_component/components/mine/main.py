"""A component of one's own."""
