"""The jobs, the programs that do each of them, and the targets."""

from dataclasses import dataclass, field

PAGES = 200
DELAY_MS = 40
DELAYED_PAGES = 50
AHEAD = 8


@dataclass
class Entrant:
    """A program that does a job: its label, its name, its own name of the job, its options."""

    label: str
    program: str
    job: str
    options: list[str] = field(default_factory=list)
    # Divides the number of operations, for a slow program.
    slower: int = 1
    # Multiplies the job's warm-up, for a runtime that compiles while it runs.
    warmer: int = 1


@dataclass
class Job:
    """Each of the `entrants` does `count` operations against a stand-in server.

    The others are compared with the first.
    """

    name: str
    title: str
    entrants: list[Entrant]
    count: int
    warm_up: int
    # The figure to compare: "cpu_us" or "wall_us" of one operation.
    by: str = "cpu_us"
    server: list[str] = field(default_factory=list)
    rounds: int = 0
    tls: bool = False


@dataclass
class Target:
    """`ours` divided by `peer` is at most `most`. A peer may be a number."""

    job: str
    ours: str
    peer: str | float
    most: float


E = Entrant


@dataclass
class Package:
    """A package for another language, and the usual clients of that language."""

    language: str
    ours: str
    # Label and program of each. The target compares ours with the first.
    peers: dict[str, str]
    # The target for get_user. The stream's is 1.
    most: float
    # Multiplies the warm-up of get_user and of the stream.
    warmer: tuple[int, int] = (1, 1)
    # Divides the number of streams.
    slower: int = 1
    # The peer that can request several pages at a time.
    ahead: str | None = None

    def user(self):
        return self._each("user", warmer=self.warmer[0])

    def stream(self):
        return self._each("stream", slower=self.slower, warmer=self.warmer[1])

    def latency(self):
        for label, program in self.peers.items():
            if program == self.ahead:
                yield E(
                    f"{self.language}: {label}, {AHEAD} in flight", program, "ahead"
                )
        yield from self._each("stream", ", default prefetch", ", one by one")

    def targets(self):
        ours, peer = (entrant.label for entrant in [*self.user()][:2])
        return Target("user", ours, peer, self.most), Target("stream", ours, peer, 1.0)

    def _each(self, job, ours="", theirs="", **times):
        yield E(f"{self.language}: ours{ours}", self.ours, job, **times)
        for label, program in self.peers.items():
            yield E(f"{self.language}: {label}{theirs}", program, job, **times)


PACKAGES = [
    Package("Go", "go", {"net/http + encoding/json": "go_nethttp"}, 1.0, (3, 1)),
    Package("Java", "java", {"HttpClient + Jackson": "java_jackson"}, 1.0, (40, 6)),
    Package(
        "Node.js",
        "node",
        {"undici": "undici", "fetch": "fetch", "http": "node_http"},
        0.5,
        (30, 3),
        ahead="undici",
    ),
    Package("Ruby", "ruby", {"Net::HTTP + json": "net_http"}, 0.5, slower=2),
    Package("Lua", "lua", {"luasocket + cjson": "lua_socket"}, 0.5, slower=2),
    Package(
        "LuaJIT",
        "luajit",
        {"luasocket + cjson": "luajit_socket", "Lua-cURL + cjson": "luajit_curl"},
        0.5,
        (5, 2),
        slower=2,
    ),
    Package("Perl", "perl", {"HTTP::Tiny": "http_tiny"}, 0.5, slower=4),
    Package("PHP", "php", {"curl": "php_curl"}, 0.5, slower=2),
]


def of_packages(job):
    return [entrant for package in PACKAGES for entrant in getattr(package, job)()]


JOBS = [
    Job(
        "user",
        "get_user: 1.4 kB over a kept connection",
        [
            E("limit: raw socket", "raw", "user"),
            E("C: libcurl + yyjson", "curl", "user"),
            E("C: ours, username read with yyjson", "c", "user"),
            E("C: ours, the JSON taken", "c", "user_text"),
            E("Rust: ours, blocking", "rust", "user"),
            E("Rust: ours, async", "rust", "async_user"),
            E("Rust: reqwest + serde", "reqwest", "user"),
            E("Python: ours", "python", "user"),
            E("Python: ours, async", "python", "async_user"),
            E("Python: pycurl + orjson", "pycurl", "user"),
            E("Python: aiohttp", "aiohttp", "async_user", slower=4),
            E("Python: httpx", "httpx", "user", slower=4),
            E("Python: httpx, async", "httpx", "async_user", slower=8),
            E("Python: requests", "requests", "user", slower=8),
            *of_packages("user"),
        ],
        count=4000,
        warm_up=300,
    ),
    Job(
        "stream",
        f"stream_audit_logs: {PAGES} pages, {PAGES * 100} rows, 9.9 MB, `action` of each read",
        [
            E("limit: raw socket", "raw", "stream"),
            E("C: libcurl + yyjson", "curl", "stream"),
            E("C: ours, row by row", "c", "stream"),
            E("C: ours, row by row, action as a field", "c", "fields"),
            E("C: ours, row by row, action with yyjson", "c", "action"),
            E("C: ours, page by page, action with yyjson", "c", "pages"),
            E("Rust: ours", "rust", "stream"),
            E("Rust: reqwest + serde", "reqwest", "stream"),
            E("Python: ours", "python", "stream"),
            E("Python: ours, params as dicts", "python", "params"),
            E("Python: ours, async", "python", "async_stream"),
            E("Python: pycurl + orjson", "pycurl", "stream"),
            E("Python: aiohttp", "aiohttp", "async_stream", slower=2),
            E("Python: httpx", "httpx", "stream", slower=2),
            E("Python: requests", "requests", "stream", slower=4),
            *of_packages("stream"),
        ],
        count=8,
        warm_up=2,
        server=["--pages", str(PAGES)],
    ),
    Job(
        "latency",
        f"the stream of {DELAYED_PAGES} pages, {DELAY_MS} ms away",
        [
            E(f"C: libcurl + yyjson, {AHEAD} in flight", "curl", "ahead"),
            E("C: libcurl + yyjson, one by one", "curl", "stream"),
            E(f"C: ours, prefetch {AHEAD}", "c", "action", ["prefetch", str(AHEAD)]),
            E("C: ours, default prefetch", "c", "action"),
            E(
                f"Python: ours, prefetch {AHEAD}",
                "python",
                "stream",
                ["prefetch", str(AHEAD)],
            ),
            E(f"Python: aiohttp, {AHEAD} in flight", "aiohttp", "ahead"),
            E("Python: requests, one by one", "requests", "stream"),
            *of_packages("latency"),
        ],
        count=2,
        warm_up=1,
        by="wall_us",
        # The last page is not full, so it is the end.
        server=["--pages", str(DELAYED_PAGES - 1), "--delay-ms", str(DELAY_MS)],
        rounds=3,
    ),
    Job(
        "threads",
        "get_user from 64 threads on one client",
        [
            E("C: libcurl + yyjson, a handle for each", "curl", "threads"),
            E("C: ours", "c", "threads"),
            E("Python: ours", "python", "threads"),
            E("Python: httpx", "httpx", "threads", slower=4),
        ],
        count=12_800,
        warm_up=640,
        rounds=5,
    ),
    Job(
        "tasks",
        "get_user from 1,000 tasks on one client",
        [
            E("Rust: ours", "rust", "tasks"),
            E("Python: ours", "python", "tasks"),
            E("Python: aiohttp", "aiohttp", "tasks"),
            E("Python: httpx", "httpx", "tasks", slower=6),
        ],
        count=6000,
        warm_up=1000,
        rounds=3,
    ),
    Job(
        "tls",
        "get_user over https, one connection",
        [
            E("C: libcurl + yyjson", "curl", "user"),
            E("C: ours", "c", "user"),
            E("Python: ours", "python", "user"),
            E("Python: pycurl + orjson", "pycurl", "user"),
        ],
        count=2000,
        warm_up=100,
        tls=True,
        rounds=5,
    ),
    Job(
        "tls-anew",
        "get_user over https, a connection for each",
        [
            E("C: libcurl + yyjson", "curl", "user"),
            E("C: ours", "c", "user"),
            E("Python: ours", "python", "user"),
            E("Python: pycurl + orjson", "pycurl", "user"),
        ],
        count=200,
        warm_up=20,
        tls=True,
        server=["--close"],
        rounds=5,
    ),
]

# The programs whose memory is compared, from 20 to 2,000 pages.
MEMORY = [
    E("C: ours, row by row", "c", "stream"),
    E("Rust: ours", "rust", "stream"),
    E("Python: ours", "python", "stream"),
    E("C: libcurl + yyjson", "curl", "stream"),
    E("Python: pycurl + orjson", "pycurl", "stream"),
]

# Python programs that import a client and create one, each with the program whose modules it needs.
# The first is bare Python.
START = {
    "bare Python": ("python", "pass"),
    "Python: ours": ("python", "import aura_users; aura_users.Client(env=False)"),
    "Python: pycurl + orjson": ("pycurl", "import pycurl, orjson; pycurl.Curl()"),
    "Python: httpx": ("httpx", "import httpx; httpx.Client()"),
    "Python: requests": ("requests", "import requests; requests.Session()"),
    "Python: aiohttp": ("aiohttp", "import aiohttp"),
}


def floor(in_flight, alone):
    """Return the shortest time, in microseconds, of an exact reading of DELAYED_PAGES.

    The first pages are requested `alone`, because a short log must cost only one request for each
    of its pages. The others are requested `in_flight` at a time. If the last ones come together,
    only a check after them can show that no row was written meanwhile.
    """
    together = DELAYED_PAGES - alone
    check = 0 if together % in_flight == 1 else 1
    return (alone + -(-together // in_flight) + check) * DELAY_MS * 1000


TARGETS = [
    Target("user", "C: ours, the JSON taken", "C: libcurl + yyjson", 0.9),
    Target("user", "Python: ours", "Python: pycurl + orjson", 0.65),
    Target("stream", "C: ours, row by row", "C: libcurl + yyjson", 1.0),
    Target("stream", "Python: ours", "Python: pycurl + orjson", 0.8),
    Target("stream", "Python: ours, params as dicts", "Python: pycurl + orjson", 1.5),
    Target("latency", f"C: ours, prefetch {AHEAD}", floor(AHEAD, 1), 1.15),
    Target("latency", "C: ours, default prefetch", floor(4, 2), 1.15),
    *(target for package in PACKAGES for target in package.targets()),
    Target("threads", "Python: ours", "Python: httpx", 0.1),
    Target("tasks", "Python: ours", "Python: httpx", 0.1),
    Target("memory", "C: ours, row by row", 1.0, 2048),
    Target("memory", "Python: ours", 1.0, 2048),
    Target("start", "Python: ours", 1.0, 3_000),
    Target("size", "library", 1.0, 3.6 * (1 << 20)),
    Target("size", "wheel", 1.0, 2.4 * (1 << 20)),
]


def language(label):
    """Return the language of a label, as --languages names it, or None if it has none."""
    name, colon, _ = label.partition(": ")
    return {"limit": None, "Node.js": "node"}.get(name, name.lower()) if colon else None


def keep(languages):
    """Remove the programs and targets of all other languages. The limits stay."""
    for entrants in [*(job.entrants for job in JOBS), MEMORY]:
        entrants[:] = [e for e in entrants if language(e.label) in [None, *languages]]
    TARGETS[:] = [t for t in TARGETS if language(t.ours) in [None, *languages]]
    if "python" not in languages:
        START.clear()
