"""`python -m netwright`."""

import sys

from netwright.cli import main

if __name__ == "__main__":
    sys.exit(main())
