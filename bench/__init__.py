"""Every performance promise as a runnable side-by-side comparison: one module for each, on top of `bench.harness`."""
