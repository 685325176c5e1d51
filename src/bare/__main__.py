"""The command line: python -m bare build | run | test | ir | asm."""

import sys

from bare.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
