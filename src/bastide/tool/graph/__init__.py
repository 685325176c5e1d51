"""Pictures of systems, planned or running."""
