"""Runs the tour in C, C++ and Python, and creates the key that it asks for.

    python demo.py AURA_SANDBOX TOUR_IN_C TOUR_IN_CPP PYTHON

The first three are programs. PYTHON is an interpreter with aura_users. `make demo` passes them.
"""

import json
import os
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

PROMPT = b"paste it here: "
PASSWORD = "a password for the demo"
KEYS = 230
PATIENCE = 300  # seconds for one tour
HERE = Path(__file__).parent

# Only the tour's password reset, which today's hex.pm does not offer.
RESET_ONLY = """
import sys
import aura_users, tour
client = aura_users.Client(repo_url=sys.argv[1])
client.create_user(sys.argv[2], "a password for the demo", [sys.argv[3]])
tour.reset_password(client, sys.argv[2])
"""


class Failed(Exception):
    """A step of the demo failed."""


def heading(text):
    print(f"\n--- {text} {'-' * (90 - len(text))}\n", flush=True)


def note(text):
    print(f"    [{text}]", flush=True)


def expect(condition, what):
    if not condition:
        raise Failed(what)


class Sandbox:
    """A server on this machine. It ends when its standard input closes.

    It shuffles the keys of JSON objects, so a tour that relies on their order fails.
    """

    def __init__(self, program, profile):
        self.process = subprocess.Popen(
            [program, "--profile", profile, "--key-order", "shuffled"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        ready = self.process.stdout.readline()
        expect(ready, f"{program} did not start")
        self.ready = json.loads(ready)
        self.api_url = self.ready["api_url"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(60)
        self.process.stdout.close()

    def admin(self, path, body=None):
        authorization = f"Bearer {self.ready['admin_token']}"
        return json.loads(request(self.ready["admin_url"] + path, authorization, body))

    def mail(self, address, kind):
        """Return the newest mail of a kind to an address."""
        mails = [mail for mail in self.admin("/mailbox") if mail["to"] == address]
        mails = [mail for mail in mails if mail["kind"] == kind]
        expect(mails, f"no {kind} mail to {address}")
        return mails[-1]


# Never use a proxy for the loopback.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def request(url, authorization=None, body=None):
    headers = {"User-Agent": "a person"}
    if authorization is not None:
        headers["Authorization"] = authorization
    data = None
    if body is not None:
        headers["Content-Type"] = "application/json"
        data = json.dumps(body).encode()
    with OPENER.open(urllib.request.Request(url, data, headers), timeout=60) as reply:
        return reply.read()


def play_the_person(sandbox, username, email):
    """Do what the tour asks the user to do on the server's web site, and return the key."""
    mail = sandbox.mail(email, "email-verification")
    note(f"mail to {email}: {mail['subject']}")
    note(f"following {mail['link']}")
    request(mail["link"])
    key = sandbox.admin("/keys", {"username": username})["secret"]
    note(f"creating {KEYS} keys with it, so that the audit log has several pages")
    for number in range(KEYS):
        body = {"name": f"key-{number}", "permissions": [{"domain": "api"}]}
        request(f"{sandbox.api_url}/keys", key, body)
    note("pasting the key")
    return key


def run(command, person=None, **environment):
    """Run a program and show its output at once. `person` returns the answer to its prompt."""
    process = subprocess.Popen(
        [str(word) for word in command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environment},
    )
    # Ends a program that hangs, which also ends the loop below.
    patience = threading.Timer(PATIENCE, process.kill)
    patience.start()
    output = b""
    try:
        while piece := os.read(process.stdout.fileno(), 65536):
            output += piece
            sys.stdout.write(piece.decode(errors="replace"))
            sys.stdout.flush()
            if person and output.endswith(PROMPT):
                print()
                process.stdin.write(person().encode() + b"\n")
                process.stdin.flush()
                person = None
    except BaseException:
        process.kill()
        raise
    finally:
        patience.cancel()
        process.stdin.close()
        process.stdout.close()
        status = process.wait()
    expect(status == 0, f"{command[0]} ended with status {status}")
    expect(person is None, f"{command[0]} did not ask for a key")
    return output.decode()


def tour(sandbox, language, command, username):
    """Run the whole tour and check its output. Return the last part of it."""
    email = f"{username}@example.com"
    heading(f"the tour in {language}, on a server with all functions (profile legacy)")
    output = run(
        [*command, sandbox.api_url, username, email],
        person=lambda: play_the_person(sandbox, username, email),
        TOUR_PASSWORD=PASSWORD,
    )
    for words in [
        f'"username":"{username}"',
        "username has already been taken",
        "get_current_user: {",
        "reset_user_password: a mail is on its way",
        f"{KEYS} key.generate",
    ]:
        expect(words in output, f"the tour in {language} did not print: {words}")
    mail = sandbox.mail(email, "password-reset")
    print()
    note(f"mail to {email}: {mail['subject']}")
    note(mail["link"])
    return output[output.index("stream_audit_logs:") :]


def demo(aura_sandbox, c_tour, cpp_tour, python):
    started = time.monotonic()
    with Sandbox(aura_sandbox, "legacy") as sandbox:
        in_c = tour(sandbox, "C", [c_tour], "carla")
        in_cpp = tour(sandbox, "C++", [cpp_tour], "cecil")
        in_python = tour(sandbox, "Python", [python, HERE / "tour.py"], "pythea")
    expect(in_c == in_cpp == in_python, "the tours found different audit logs")

    with Sandbox(aura_sandbox, "current") as sandbox:
        heading("a password reset on a server like today's hex.pm (profile current)")
        arguments = [sandbox.api_url, "curt", "curt@example.com"]
        output = run([python, "-c", RESET_ONLY, *arguments], PYTHONPATH=str(HERE))
        expect("unsupported" in output, "a reset was not reported as unsupported")

    heading("summary")
    seconds = time.monotonic() - started
    rows = in_c.split()[1]
    print("C, C++ and Python: each created an account, read it, tried to create it")
    print(f"again, used a key, requested a password reset, and read {rows} audit rows.")
    print("The Python tour also reported a server without password resets.")
    print(f"All of it took {seconds:.1f} s.")


def main():
    if len(sys.argv) != 5:
        sys.exit("usage: demo.py AURA_SANDBOX TOUR_IN_C TOUR_IN_CPP PYTHON")
    try:
        demo(*sys.argv[1:])
    except (Failed, OSError) as error:
        sys.exit(f"\ndemo: {error}")


if __name__ == "__main__":
    main()
