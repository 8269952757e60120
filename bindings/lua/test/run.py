#!/usr/bin/env python3
"""run.py SANDBOX LUA: runs the tests, the README's examples and the tour on a sandbox.

It answers the tour's prompt for a key.
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).parent
PATIENCE = 300
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def request(url, token=None, body=None):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if body is not None:
        headers["Content-Type"] = "application/json"
        body = json.dumps(body).encode()
    return OPENER.open(
        urllib.request.Request(url, body, headers), timeout=PATIENCE
    ).read()


def expect(condition, what):
    if not condition:
        sys.exit(f"run.py: {what}")


def main():
    sandbox_program, lua = sys.argv[1:]
    silent = socket.create_server(("127.0.0.1", 0), backlog=512)
    silent_url = f"http://127.0.0.1:{silent.getsockname()[1]}/api"
    sandbox = subprocess.Popen(
        [sandbox_program, "--profile", "legacy"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    ready = json.loads(sandbox.stdout.readline())

    def admin(path, body=None):
        return json.loads(
            request(ready["admin_url"] + path, ready["admin_token"], body)
        )

    def account(name, key, rows, **more):
        emails = [[f"{name}@example.com", True, True, True]]
        admin("/users", {"username": name, "emails": emails, **more})
        admin("/keys", {"username": name, "secret": key})
        admin("/audit-logs", {"username": name, "count": rows})

    account("ericmj", "key", 250, full_name="Eric", packages=["ecto"])
    account("many", "key-of-many", 20000)

    def run(command, **more):
        result = subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            **more,
        )
        print(result.stdout + result.stderr, end="")
        expect(result.returncode == 0, f"{command} ended with {result.returncode}")
        return result.stdout

    # The examples first: the tests write rows.
    environment = {**os.environ, "HEX_API_URL": ready["api_url"], "HEX_API_KEY": "key"}
    examples = re.findall(
        r"^```lua\n(.*?)^```",
        (HERE.parent / "README.md").read_text(),
        re.DOTALL | re.MULTILINE,
    )
    outputs = [run([lua, "-e", example], env=environment)[:200] for example in examples]
    expected = [
        "ericmj\tEric",
        "ericmj\nkey.generate",
        "created newcomer",
        "ericmj\tecto",
    ]
    expect(len(outputs) == len(expected), "the README has another number of examples")
    for output, words in zip(outputs, expected):
        expect(
            output.startswith(words), f"an example printed {output!r}, not {words!r}"
        )

    run([lua, HERE / "test.lua", ready["api_url"], silent_url])

    for call in [
        'client:get_user("e")',
        'client:reset_user_password("e")',
        'coroutine.wrap(function() client:get_user("e") end)()',
        'coroutine.wrap(function() client:reset_user_password("e") end)()',
        'aura.run(function() client:get_user("e") end)',
        'coroutine.wrap(function() aura.run(function() client:get_user("e") end) end)()',
        f"""
            if jit then jit.off() end -- Compiled code calls no hook.
            aura.set_log("debug", function() while true do end end)
            aura.client({{repo_url = "{ready["api_url"]}"}}):get_user("e")""",
    ]:
        program = f"""
            aura = require("aura_users")
            client = aura.client({{repo_url = "{silent_url}", timeout = 900, total_timeout = 900}})
            print(1)
            io.flush()
            {call}"""
        started = subprocess.Popen(
            [lua, "-e", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        started.stdout.readline()
        time.sleep(0.3)
        started.send_signal(signal.SIGINT)
        try:
            _, problem = started.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            started.kill()
            sys.exit(f"run.py: Ctrl-C does not end {call}")
        expect(
            started.returncode == 1 and b"interrupted!" in problem,
            f"Ctrl-C in {call}: {problem!r}",
        )

    tour = subprocess.Popen(
        [lua, HERE.parent / "tour.lua", ready["api_url"], "lua", "lua@example.com"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "TOUR_PASSWORD": "a password for the tour"},
    )
    output = b""
    while not output.endswith(b"paste it here: "):
        piece = os.read(tour.stdout.fileno(), 65536)
        expect(piece, f"the tour ended early: {output!r}")
        output += piece
    [mail] = [mail for mail in admin("/mailbox") if mail["to"] == "lua@example.com"]
    request(mail["link"])
    admin("/audit-logs", {"username": "lua", "count": 230})
    key = admin("/keys", {"username": "lua"})["secret"]
    output = (
        output + tour.communicate(f"{key}\n".encode(), timeout=PATIENCE)[0]
    ).decode()
    for words in ['"username":"lua"', "username has already been taken", "get_current_user: {",
                  "a mail is on its way", "230 key.generate"]:  # fmt: skip
        expect(words in output, f"the tour did not print {words}: {output}")
    expect(tour.returncode == 0, f"the tour ended with {tour.returncode}")

    # The server is killed in the middle of a stream.
    program = f"""
        local logs = require("aura_users").client({{repo_url = "{ready["api_url"]}",
            api_key = "key-of-many", max_retries = 0, prefetch = 0}}):stream_audit_logs()
        for _ = 1, 100 do assert(logs:next()) end
        os.execute("kill -9 {sandbox.pid}")
        for _ = 1, 2 do local row, err = logs:next() print(row, err.kind) end"""
    expect(
        run([lua, "-e", program]) == "nil\tconnect\n" * 2,
        "a stream of a killed server returned no error",
    )
    sandbox.wait(10)
    print("tests, examples, tour, Ctrl-C and a killed server: passed")


if __name__ == "__main__":
    main()
