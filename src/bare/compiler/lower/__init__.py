"""The lowering: from the typed tree to LLVM's textual form. It reports nothing: what gets here is a program."""
