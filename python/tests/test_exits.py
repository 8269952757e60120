"""The exit of the interpreter while calls run: it does not hang, crash or print a message."""

from __future__ import annotations

import re
import threading
import time

import pytest
from fake_server import FakeServer, Reply, Request, SilentServer, answer, audit_page
from programs import Script

ON_EXIT = 120
"""The seconds that a process has to exit."""

# Every warning is an error. faulthandler and the checks of the allocator are on.
STRICT = ("-X", "dev", "-W", "error")
DEBUG = {"PYTHONASYNCIODEBUG": "1"}


def finish_quietly(script: Script) -> str:
    """Wait for the program to succeed with nothing on standard error, and return its output."""
    out, err = script.process.communicate(timeout=ON_EXIT)
    # asyncio's debug mode reports every callback that a busy machine delays.
    err = re.sub(r"^Executing <.*> took [0-9.]+ seconds\n", "", err, flags=re.MULTILINE)
    assert (script.process.returncode, err) == (0, ""), err
    return out


IN_FLIGHT = {
    "daemon threads": """
for call in (lambda: client.get_user("eric"), lambda: next(client.stream_audit_logs())):
    threading.Thread(target=call, daemon=True).start()
""",
    "a daemon thread's event loop": """
async def calls():
    await asyncio.gather(awaited.get_user("eric"), awaited.stream_audit_logs().__anext__())
threading.Thread(target=lambda: asyncio.run(calls()), daemon=True).start()
""",
    "a stopped event loop": """
import atexit
loop = asyncio.new_event_loop()
atexit.register(loop.close)
tasks = [loop.create_task(awaited.get_user("eric")),
         loop.create_task(awaited.stream_audit_logs().__anext__())]
loop.run_until_complete(asyncio.sleep(0.01))
loop.set_exception_handler(lambda *_: None)  # asyncio reports pending tasks
""",
    "calls that no task awaits": """
from aura_users import _native
calls = [_native.start_get_user(client, "eric", {}), _native.start_get_user(client, "eric", {})]
""",
}
ENDS = ["pass", "sys.exit(0)", "del client, awaited", "gc.freeze()", "os._exit(0)"]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("what", IN_FLIGHT)
def test_the_interpreter_exits_while_calls_run(what: str, end: str) -> None:
    source = f"""
import asyncio, gc, os, sys, threading, warnings, aura_users
client = aura_users.Client(repo_url=sys.argv[1], timeout=60)
awaited = aura_users.AsyncClient(repo_url=sys.argv[1], timeout=60)
{IN_FLIGHT[what]}
sys.stdin.readline()
{end}
"""
    with (
        SilentServer() as server,
        Script(source, server.url, flags=STRICT) as script,
    ):
        server.wait_for_request()
        server.wait_for_request()
        script.write_line("both are waiting")
        finish_quietly(script)


@pytest.mark.parametrize("face", ["sync", "async"])
@pytest.mark.parametrize("end", [*ENDS, "del stream"])
def test_the_interpreter_exits_while_pages_load(face: str, end: str) -> None:
    source = f"""
import asyncio, gc, os, sys, aura_users
client = aura_users.Client(repo_url=sys.argv[1])
awaited = aura_users.AsyncClient(repo_url=sys.argv[1])
async def row(stream):
    await stream.__anext__()
if "{face}" == "sync":
    stream = client.stream_audit_logs(prefetch=8)
    next(stream)
else:
    stream = awaited.stream_audit_logs(prefetch=8)
    asyncio.run(row(stream))
print("reading", flush=True)
{end}
"""

    def answer_late(request: Request) -> Reply:
        if request.page > 1:
            done.wait()
        return audit_page(request.page, 1000)

    done = threading.Event()
    with (
        FakeServer(answer_late) as server,
        Script(source, server.url, flags=STRICT, env=DEBUG) as script,
    ):
        try:
            assert finish_quietly(script) == "reading\n"
        finally:
            done.set()


def test_exit_handlers_can_make_calls() -> None:
    source = """
import asyncio, atexit, sys, threading, aura_users
client = aura_users.Client(repo_url=sys.argv[1])
awaited = aura_users.AsyncClient(repo_url=sys.argv[1])
async def rows():
    return len([log async for log in awaited.stream_audit_logs()])
def at_exit():
    assert client.get_user("eric").username == "eric"
    assert len(list(client.stream_audit_logs())) == 1000
    assert asyncio.run(rows()) == 1000
    print("said good-bye", flush=True)
atexit.register(at_exit)
class Dropped:
    def __del__(self):
        assert client.get_user("eric").username == "eric"
        print("gone", flush=True)
held = Dropped()
threading.Thread(target=at_exit).start()
"""
    with (
        FakeServer(answer) as server,
        Script(source, server.url, flags=STRICT, env=DEBUG) as script,
    ):
        assert finish_quietly(script).split("\n") == ["said good-bye", "said good-bye", "gone", ""]


def test_the_interpreter_exits_while_the_core_has_log_records() -> None:
    source = """
import asyncio, logging, sys, aura_users
logging.basicConfig(level=logging.DEBUG, stream=sys.stdout, format="%(message)s")
logging.getLogger("asyncio").setLevel(logging.ERROR)
stream = aura_users.stream_audit_logs(repo_url=sys.argv[1], prefetch=8)
next(stream)
"""
    with (
        FakeServer(answer) as server,
        Script(source, server.url, flags=STRICT) as script,
    ):
        assert "GET /users/me/audit-logs" in finish_quietly(script)


@pytest.mark.parametrize("runner", ["asyncio", "uvloop", "trio"])
def test_development_mode_prints_no_warning(runner: str) -> None:
    source = f"""
import asyncio, gc, sys, aura_users, {runner}
async def main():
    async with aura_users.AsyncClient(repo_url=sys.argv[1]) as client:
        async with client.stream_audit_logs() as stream:
            async for log in stream:
                if log.params["id"] == 150:
                    break
        await client.get_user("eric")
        coming = client.stream_audit_logs()
        await coming.__anext__()
for _ in range(3):
    {"trio.run(main)" if runner == "trio" else f"{runner}.run(main())"}
    gc.collect()
"""
    with (
        FakeServer(answer) as server,
        Script(source, server.url, flags=STRICT, env=DEBUG) as script,
    ):
        assert finish_quietly(script) == ""


@pytest.mark.parametrize("call", ["call", "rows", "loop"])
def test_calls_of_threads_can_end_while_the_interpreter_exits(call: str) -> None:
    source = """
import asyncio, sys, threading, time, aura_users
url, what = sys.argv[1:]
client = aura_users.Client(repo_url=url)
awaited = aura_users.AsyncClient(repo_url=url)
async def many():
    await asyncio.gather(*(awaited.get_user("eric") for _ in range(20)))
calls = {"call": lambda: client.get_user("eric"),
         "rows": lambda: list(client.stream_audit_logs(page=8)),
         "loop": lambda: asyncio.run(many())}
started = threading.Barrier(5)
def forever():
    calls[what]()
    started.wait()
    while True:
        calls[what]()
for _ in range(4):
    threading.Thread(target=forever, daemon=True).start()
started.wait()
class Last:
    def __del__(self, sleep=time.sleep, is_finalizing=sys.is_finalizing):
        assert is_finalizing()
        sleep(0.2)  # without the GIL: a call that ends now finds no interpreter
last = Last()
"""
    with (
        FakeServer(answer) as server,
        Script(source, server.url, call, flags=STRICT) as script,
    ):
        finish_quietly(script)


@pytest.mark.parametrize("reads", ["row.to_dict()", "row.params", "client.get_user('eric')"])
def test_the_interpreter_exits_while_daemon_threads_read(reads: str) -> None:
    source = f"""
import logging, sys, threading, time, aura_users
client = aura_users.Client(repo_url=sys.argv[1])
def read():
    while True:
        for row in client.stream_audit_logs(prefetch=0):
            {reads}
threads = [threading.Thread(target=read, daemon=True) for _ in range(4)]
for thread in threads:
    thread.start()
time.sleep(0.3)
"""
    with FakeServer(answer) as server:
        for _ in range(5):
            with Script(source, server.url, flags=STRICT) as script:
                finish_quietly(script)


@pytest.mark.parametrize(
    "call",
    [
        "client.get_user(5)",
        "client.get_user('nobody')",
        "client.get_user('eric', ca_file=Path('/nowhere'))",
        "client.get_user('eric', timeout=Fraction(-1))",
        "client.get_user('eric', page=Number())",
        "client.create_user('eric', 'secret', (name for name in 'abcdef'))",
        "logger.setLevel(logging.DEBUG); client.get_user('eric')",
        "logger.setLevel(logging.DEBUG); list(client.stream_audit_logs(page=10))",
        "gc.set_threshold(20); Cycle.alive < 5 and Cycle(); row.to_dict()",
    ],
)
def test_the_interpreter_exits_while_calls_run_python_code(call: str) -> None:
    """Python before 3.14 ends such a thread by unwinding it. In Rust code that would abort."""
    source = f"""
import gc, io, logging, sys, threading, time, aura_users
from fractions import Fraction
from pathlib import Path
class Cycle:
    alive = 0  # few, because a collection finalizes them one by one
    def __init__(self):
        self.itself = self
        Cycle.alive += 1
    def __del__(self):
        Cycle.alive -= 1
        time.sleep(0.0005)  # without the GIL
row = aura_users.AuditLog.from_json('{{"action":"a","params":[' + '[],' * 99 + '[]]}}')
class Number:
    def __index__(self):
        return -1
logger = logging.getLogger("aura_users")
logging.basicConfig(stream=io.StringIO())
client = aura_users.Client(repo_url=sys.argv[1])
all_started = threading.Event()
def forever():
    all_started.wait()
    while True:
        try:
            {call}
        except aura_users.AuraError:
            pass
for _ in range(4):
    threading.Thread(target=forever, daemon=True).start()
all_started.set()
time.sleep(0.2)
"""

    def answer_or_refuse(request: Request) -> Reply:
        return Reply({}, status=404) if request.path.endswith("/nobody") else answer(request)

    with FakeServer(answer_or_refuse) as server:
        for _ in range(8):
            with Script(source, server.url) as script:
                finish_quietly(script)


LATE = """
import sys, {imports} aura_users
class Last:
    def __del__(self, sys=sys, aura_users=aura_users, print=print, repr=repr):
        assert sys.is_finalizing() and sys.meta_path is None
        {use}
last = Last()
"""


@pytest.mark.parametrize("imports", ["", "logging,"])
@pytest.mark.parametrize(
    ("use", "printed"),
    [
        ("client.get_user('eric')", ""),
        ("next(client.stream_audit_logs())", ""),
        ("print(client.get_user('eric').inserted_at)", "2026-11-23 11:50:45.977004+00:00"),
        ("client.get_user('eric', timeout=5.5)", ""),
        ("print(row.params)", "{'\u00e9': '\u20ac', 'n': 123456789012345678901234567890}"),
        ("print(user.inserted_at)", "2026-11-23 11:50:45.977004+00:00"),
        ("print(repr(error()))", "NotFoundError('GET /users/{username_or_email}: not_found (404)"),
        ("print(repr(error().__cause__))", "None"),
        ("print(repr(refused().__cause__))", "ConnectionRefusedError(111, 'Connection refused')"),
    ],
)
def test_calls_import_nothing_while_the_interpreter_exits(
    use: str, printed: str, imports: str
) -> None:
    """They do not import `logging` for a notice of the server either."""
    source = f"""
{LATE.format(imports=imports, use=use)}
client = aura_users.Client(repo_url=sys.argv[1], api_key="0123456789abcdef")
row = aura_users.AuditLog.from_json(
    '{{"action":"a","params":{{"\\u00e9":"\\u20ac","n":123456789012345678901234567890}}}}')
user = aura_users.User.from_json('{{"username":"a","inserted_at":"2026-11-23T11:50:45.977004Z"}}')
def error():
    try:
        client.get_user("nobody")
    except aura_users.AuraError as error:
        return error
def refused():
    try:
        client.get_user("a", repo_url="http://127.0.0.1:1/api", max_retries=0)
    except aura_users.AuraError as error:
        return error
if {"logging" in imports}:
    logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
"""

    def answer_with_notice(request: Request) -> Reply:
        reply = answer(request)
        if isinstance(reply.body, dict):
            reply.body["inserted_at"] = "2026-11-23T11:50:45.977004Z"
        if request.path.endswith("/nobody"):
            reply = Reply({"message": "nobody"}, status=404)
        reply.headers["x-hex-message"] = '"a notice"; level=warn'
        return reply

    with (
        FakeServer(answer_with_notice) as server,
        Script(source, server.url, flags=STRICT) as script,
    ):
        assert finish_quietly(script).startswith(printed)


@pytest.mark.parametrize("face", ["call", "rows"])
def test_a_call_can_wait_while_the_interpreter_exits(face: str) -> None:
    source = """
import sys, aura_users
client = aura_users.Client(repo_url=sys.argv[1])
calls = {"call": lambda: client.get_user("eric").username,
         "rows": lambda: len(list(client.stream_audit_logs(prefetch=0)))}
class Last:
    def __del__(self, is_finalizing=sys.is_finalizing, call=calls[sys.argv[2]], print=print):
        assert is_finalizing()
        print(call())
last = Last()
"""

    def answer_slowly(request: Request) -> Reply:
        time.sleep(0.3)
        return answer(request) if "audit" not in request.path else audit_page(request.page, 5)

    with (
        FakeServer(answer_slowly) as server,
        Script(source, server.url, face, flags=STRICT) as script,
    ):
        assert finish_quietly(script) == {"call": "eric\n", "rows": "5\n"}[face]
