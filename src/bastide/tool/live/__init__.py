"""A system while it runs: what can be seen of it, and done to it, from this process and from others."""
