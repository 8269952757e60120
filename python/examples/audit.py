"""Print who the API key belongs to and the newest rows of their audit log.

    HEX_API_KEY=... python audit.py [--limit 20]

`HEX_API_URL` points it to another server than hex.pm.
"""

from __future__ import annotations

import argparse
import itertools
import sys

import aura_users


def main() -> int:
    """Run the program; gives its exit status."""
    parser = argparse.ArgumentParser(description="Print your newest audit-log rows.")
    parser.add_argument("--limit", type=int, default=20, help="how many rows (default 20)")
    limit = parser.parse_args().limit

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
