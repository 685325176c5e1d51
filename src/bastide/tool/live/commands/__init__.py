"""Commands about runs: each asks one over its socket, and shows what it said."""
