"""The checker: from Python's syntax tree to the typed one. Each file has the rules for one kind of syntax."""
