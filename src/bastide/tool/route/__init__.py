"""The command `route`: for each session that components will ask for, who answers, and by which rule."""
