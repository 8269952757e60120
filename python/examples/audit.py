"""Print the owner of the API key, and the newest rows of the owner's audit log.

    HEX_API_KEY=... python audit.py [--limit 20]

To use another server than hex.pm, set `HEX_API_URL`.
"""

from __future__ import annotations

import argparse
import itertools
import sys

import aura_users


def main() -> int:
    """Run the program and return its exit status."""
    parser = argparse.ArgumentParser(description="Print your newest audit-log rows.")
    parser.add_argument("--limit", type=int, default=20, help="largest number of rows (20)")
    limit = parser.parse_args().limit
    if limit < 0:
        parser.error(f"--limit is {limit}; it must not be negative")

    try:
        with aura_users.Client(user_agent="audit-example/1.0") as client:
            me = client.get_current_user()
            print(f"{me.username} has {len(me.packages or ())} packages")
            for log in itertools.islice(client.stream_audit_logs(), limit):
                print(f"{log.action:<24} {log.user_agent or '-'}")
    except aura_users.AuraError as error:
        print(f"audit: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
