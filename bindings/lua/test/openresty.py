#!/usr/bin/env python3
"""openresty.py NGINX MODULES: tests the package in one worker of nginx with ngx_http_lua_module, as in OpenResty.

Run it with `aura-sandbox --demo --`, and with LUA_PATH and LUA_CPATH for LuaJIT. MODULES is the folder of nginx's
modules.
"""

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

PATIENCE = 300
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
REPLY = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 19\r\n"
    b'Connection: close\r\n\r\n{"username":"slow"}'
)

CONFIG = """
load_module {modules}/ndk_http_module.so;
load_module {modules}/ngx_http_lua_module.so;
daemon off;
master_process off;
pid {folder}/pid;
error_log stderr warn;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    lua_package_path "{path}";
    lua_package_cpath "{cpath}";
    init_worker_by_lua_block {{
        aura = require("aura_users")
        aura.set_sleep(ngx.sleep)
        client = assert(aura.client({{ repo_url = "{api_url}", api_key = "{api_key}" }}))
        slow = assert(aura.client({{ repo_url = "{slow_url}", timeout = 900, total_timeout = 900 }}))
    }}
    server {{
        listen 127.0.0.1:{port};
        location = /slow {{
            content_by_lua_block {{ ngx.say(assert(slow:get_user("slow")).username) }}
        }}
        location = /user {{
            content_by_lua_block {{ ngx.say(assert(client:get_user("eric")).username) }}
        }}
        location = /missing {{
            content_by_lua_block {{ local _, err = client:get_user("nobody") ngx.say(err.kind) }}
        }}
        location = /tasks {{
            content_by_lua_block {{
                local name = function() ngx.say(assert(client:get_current_user()).username) end
                aura.run(name, function() aura.run(name, name) end)
            }}
        }}
        location = /rows {{
            content_by_lua_block {{
                local logs, count = client:stream_audit_logs(), 0
                local read = function() for _ in logs do count = count + 1 end end
                local threads = {{ ngx.thread.spawn(read), ngx.thread.spawn(read), ngx.thread.spawn(read) }}
                for _, thread in ipairs(threads) do assert(ngx.thread.wait(thread)) end
                ngx.say(count)
            }}
        }}
    }}
}}
"""


def main():
    nginx, modules = sys.argv[1:]
    slow = socket.create_server(("127.0.0.1", 0))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        run(nginx, modules, folder, port, slow)
    print("calls, tasks and streams in nginx: passed")


def run(nginx, modules, folder, port, slow):
    config = Path(folder, "nginx.conf")
    config.write_text(
        CONFIG.format(
            modules=modules,
            folder=folder,
            port=port,
            path=os.environ["LUA_PATH"],
            cpath=os.environ["LUA_CPATH"],
            api_url=os.environ["HEX_API_URL"],
            api_key=os.environ["HEX_API_KEY"],
            slow_url=f"http://127.0.0.1:{slow.getsockname()[1]}/api",
        )
    )
    # nginx removes variables from its environment, except those that `env` names.
    command = [
        nginx,
        "-c",
        config,
        "-p",
        folder,
        "-e",
        "stderr",
        "-g",
        "env AURA_USERS_LIBRARY;",
    ]
    server = subprocess.Popen(command)
    try:
        check(port, slow)
    finally:
        # A worker that is blocked does not end by itself.
        server.kill()
        server.wait(PATIENCE)


def get(port, path):
    """Return the text of a page of nginx, once nginx accepts connections."""
    start = time.monotonic()
    while True:
        try:
            with OPENER.open(
                f"http://127.0.0.1:{port}{path}", timeout=PATIENCE
            ) as reply:
                return reply.read().decode().strip()
        except urllib.error.HTTPError:
            raise
        except urllib.error.URLError:
            if time.monotonic() > start + PATIENCE:
                raise
            time.sleep(0.05)


def expect(port, path, wanted):
    got = get(port, path)
    if got != wanted:
        sys.exit(f"openresty.py: {path} is {got!r}, not {wanted!r}")


def check(port, slow):
    # While one call waits for a server that does not reply yet, the only worker serves other requests.
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(get(port, "/slow")))
    waiting.start()
    slow.settimeout(PATIENCE)
    connection, _ = slow.accept()
    connection.recv(65536)
    expect(port, "/user", "eric")
    expect(port, "/missing", "not_found")
    expect(port, "/tasks", "eric\neric\neric")
    expect(port, "/rows", "250")
    connection.sendall(REPLY)
    connection.close()
    waiting.join(PATIENCE)
    if answers != ["slow"]:
        sys.exit(f"openresty.py: the slow call returned {answers}")


if __name__ == "__main__":
    main()
