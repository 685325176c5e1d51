"""What benchmarks have in common: figures, how they are printed and kept, programs and systems to measure."""
