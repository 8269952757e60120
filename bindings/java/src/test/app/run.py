"""Runs a program against a sandbox of its own.

run.py ROOT SANDBOX example COMMAND...    as a user of a key, for an example of the README
run.py ROOT SANDBOX tour COMMAND...       the tour, and plays the person whom it asks
"""

import os
import subprocess
import sys

root, program, kind, *command = sys.argv[1:]
sys.path.insert(0, f"{root}/examples")

import demo


def example():
    with demo.Sandbox(program, "current") as sandbox:
        emails = [["eric@example.com", True, True, True]]
        sandbox.admin(
            "/users", {"username": "ericmj", "full_name": "Eric", "emails": emails}
        )
        sandbox.admin(
            "/audit-logs",
            {"username": "ericmj", "count": 150, "action": "key.generate"},
        )
        key = sandbox.admin("/keys", {"username": "ericmj"})["secret"]
        variables = {"HEX_API_URL": sandbox.api_url, "HEX_API_KEY": key}
        run = subprocess.run(
            command,
            check=False,
            env={**os.environ, **variables},
            text=True,
            capture_output=True,
            timeout=300,
        )
    print(run.stdout, run.stderr)
    demo.expect(run.returncode == 0, f"it ended with status {run.returncode}")
    demo.expect(run.stderr == "", "it wrote to its standard error")
    demo.expect("ericmj" in run.stdout, "it did not say ericmj")
    words = (
        ["key.generate {", "not_found 404"]
        if command[-1] == "QuickStart"
        else ["key.generate"]
    )
    for word in words:
        demo.expect(word in run.stdout, f"it did not say {word}")


def tour():
    with demo.Sandbox(program, "legacy") as sandbox:
        demo.tour(sandbox, "Java", command, "jana")


try:
    example() if kind == "example" else tour()
except demo.Failed as error:
    sys.exit(str(error))
