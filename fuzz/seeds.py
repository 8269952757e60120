#!/usr/bin/env python3
"""Writes the seeds of every fuzz target from the recorded replies: corpus/TARGET/HASH."""

import base64
import hashlib
import json
import pathlib
from collections.abc import Iterator

HERE = pathlib.Path(__file__).parent
WIRE = HERE.parent / "tests" / "wire"
# option() takes the option by number. A number after the last stands for an option's name.
OPTION_VALUES = [
    "https://hex.pm/api", "http://localhost:4000/api/", "https://eric:pw@hex.pm/api?a#b",
    "Bearer 0123456789abcdef", "123456", "15", "0.001", "1e3", "-1", "0", "100", "wait", "error",
    "http://user:password@proxy.example:3128", "HTTPS://[::1]:3128", "user:password@proxy",
    "localhost,.example.com,10.0.0.0/8", "/etc/ssl/cert.pem", "tool/1.0", "true", "off", "repo_url",
]  # fmt: skip
NAMES = [
    "eric", "ERIC", "eric@example.com", "we+ird~1_-.", "me", ".", "..", "...", "", "../keys",
    "me/audit-logs", "a?b#c", "%2e%2e", "\\..\\", "a b\r\n\0", "\u00fc\u202e\U0001f600",
]  # fmt: skip
CHALLENGES = [
    'Bearer realm="hex", error="totp_required"', 'Bearer error="invalid_totp", realm="hex"',
    "Bearer error=totp_required", 'Bearer realm="a\\", error=\\"totp_required"', "Basic realm=hex",
]  # fmt: skip
NOTICES = [
    '"update \\"hex\\""; level=warn', "plain; level=info", '"open', "\u202e\t",
    '"a"; level="fatal"',
]  # fmt: skip
LIMITS = [
    ["1795434672", "100", "0", "1795434720", "", "Mon, 23 Nov 2026 11:51:12 GMT"],
    ["1795434672", "", "", "", "7", ""],
    ["0", "500", "499", "9223372036854775807", "Mon, 23 Nov 2026 11:51:42 GMT", ""],
    [
        "1795434672",
        "100",
        "0",
        "60",
        "99999999999999999999",
        "Monday, 23-Nov-26 11:51:12 GMT",
    ],
]


def recorded() -> Iterator[tuple[int, bytes, dict[str, str], bytes]]:
    """Yields the recorded replies as they were sent: (status, head, headers, body)."""
    for path in sorted(WIRE.glob("*.jsonl")):
        # splitlines() would also split at U+2028, which is in the bodies.
        for line in path.read_text(encoding="utf-8").rstrip("\n").split("\n"):
            response = json.loads(line)["response"]
            if response is None or "body_left_out" in response:
                continue
            if "body_base64" in response:
                body = base64.b64decode(response["body_base64"])
            else:
                body = (response.get("body") or "").encode()
            headers = [(name.lower(), value) for name, value in response["headers"]]
            head = f"HTTP/1.1 {response['status']} {response['reason']}\r\n"
            head += "".join(f"{name}: {value}\r\n" for name, value in headers) + "\r\n"
            yield response["status"], head.encode(), dict(headers), body


def seeds() -> Iterator[tuple[str, bytes]]:
    """Yields each seed with its target: (target, seed)."""
    for status, head, headers, body in recorded():
        yield "reply", head + body
        if status < 300:
            yield "page" if body.startswith(b"[") else "user", body
        else:
            statuses = [400, 401, 403, 404, 405, 413, 422, 429, 500, 503]
            pick = statuses.index(status) if status in statuses else 0
            yield "error_body", bytes([pick]) + body
        if "www-authenticate" in headers:
            yield "challenge", headers["www-authenticate"].encode()
        window = [
            headers.get(f"x-ratelimit-{name}", "")
            for name in ("limit", "remaining", "reset")
        ]
        if any(window):
            yield (
                "limits",
                "\n".join(["1795434672", *window, "", headers["date"]]).encode(),
            )
    for pick in range(20):
        for value in OPTION_VALUES:
            yield "option", bytes([pick]) + value.encode()
    for target, values in {
        "path": NAMES,
        "challenge": CHALLENGES,
        "notice": NOTICES,
    }.items():
        for value in values:
            yield target, value.encode()
    for lines in LIMITS:
        yield "limits", "\n".join(lines).encode()


def main() -> None:
    """Writes each seed once."""
    written: dict[str, set[bytes]] = {}
    for target, seed in seeds():
        folder = HERE / "corpus" / target
        folder.mkdir(parents=True, exist_ok=True)
        (folder / hashlib.sha1(seed, usedforsecurity=False).hexdigest()).write_bytes(
            seed
        )
        written.setdefault(target, set()).add(seed)
    for target, ours in sorted(written.items()):
        print(f"{target}: {len(ours)} seeds, {sum(map(len, ours))} bytes")


if __name__ == "__main__":
    main()
