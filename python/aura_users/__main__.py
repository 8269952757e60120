"""The command line: `python -m aura_users` or `aura-users`."""

import sys

from aura_users._cli import main

if __name__ == "__main__":
    sys.exit(main())
