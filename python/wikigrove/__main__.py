"""`python -m wikigrove` is the command `wikigrove`."""

import sys

from wikigrove.cli import main

if __name__ == "__main__":
    sys.exit(main())
