"""Build the programs of the C, Rust and Python jobs, or name the reason to skip one."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).absolute().parent
ROOT = HERE.parent.parent
BUILD = ROOT / "build" / "compare"
TARGET = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target").absolute()
RELEASE = TARGET / "release"
PYTHON = BUILD / "venv" / "bin" / "python"
PEERS = ["pycurl", "orjson", "requests", "httpx", "aiohttp"]
# Script and its imports. A script with the name of a module would import itself.
IN_PYTHON = {
    "python": ("ours.py", "aura_users"),
    "pycurl": ("pycurl_orjson.py", "pycurl, orjson"),
    "requests": ("with_requests.py", "requests"),
    "httpx": ("with_httpx.py", "httpx"),
    "aiohttp": ("with_aiohttp.py", "aiohttp"),
}
CARGO = os.environ.get("CARGO", "cargo")
CC = os.environ.get("CC", "cc")


@dataclass
class Program:
    """A command, which a job's arguments follow, or the reason to skip it."""

    command: list[str]
    skipped: str = ""
    environment: dict[str, str] = field(default_factory=dict)


def run(*command, **settings):
    subprocess.run([str(part) for part in command], check=True, cwd=ROOT, **settings)


def need(*what):
    """Return whether these are installed, after tools/need has tried to install them."""
    command = [ROOT / "tools" / "need", *what]
    return subprocess.run(command, check=False, cwd=ROOT).returncode == 0


def prepare(languages, build=True):
    """Build what these languages need, and return the programs by name."""
    BUILD.mkdir(parents=True, exist_ok=True)
    if build:
        print("building the release versions; this takes some minutes", file=sys.stderr)
        need("cargo", "cc", "python3-venv")
        library()
        rust(clients="rust" in languages)
        if "python" in languages:
            python()
    programs = c(build, only=None if "c" in languages else "raw")
    if "rust" in languages:
        programs["rust"] = Program([str(RELEASE / "ours")])
        programs["reqwest"] = Program([str(RELEASE / "plain-reqwest")])
    if "python" in languages:
        programs |= {name: python_program(*what) for name, what in IN_PYTHON.items()}
    return programs


def library():
    """Build the C library for release: stripped, with link-time optimization."""
    run(
        CARGO,
        "rustc",
        "--release",
        "--lib",
        "--features",
        "capi",
        "--crate-type",
        "cdylib",
    )


def rust(clients=True):
    """Build the stand-in server and, on request, the clients in Rust."""
    features = ["--features", "clients"] if clients else []
    run(CARGO, "build", "--release", "--bins", "--manifest-path", HERE / "Cargo.toml", *features,
        env=os.environ | {"CARGO_TARGET_DIR": str(TARGET)})  # fmt: skip


def wheel():
    """Return the path of our wheel, or None if it is not built."""
    return next((BUILD / "wheel").glob("aura_users-*.whl"), None)


def python():
    """Create a virtual environment with our wheel and the peers in Python."""
    if not PYTHON.exists():
        run(sys.executable, "-m", "venv", BUILD / "venv")
    pip = [PYTHON, "-m", "pip", "-q", "--disable-pip-version-check"]
    shutil.rmtree(BUILD / "wheel", ignore_errors=True)
    run(*pip, "wheel", "--no-deps", "-w", BUILD / "wheel", "./python",
        env=os.environ | {"PYO3_BUILD_EXTENSION_MODULE": "1"})  # fmt: skip
    run(*pip, "install", "--force-reinstall", "--no-deps", wheel())
    for peer in PEERS:
        # If a peer cannot be installed, its jobs are skipped.
        subprocess.run([str(part) for part in [*pip, "install", peer]], check=False)


def python_program(script, modules):
    found = subprocess.run(
        [PYTHON, "-c", f"import {modules}"], check=False, capture_output=True, text=True
    )
    if found.returncode != 0:
        return Program([], found.stderr.strip().rpartition("\n")[2])
    return Program([str(PYTHON), str(HERE / "python" / script)])


def yyjson():
    """Return the folder with yyjson's source, which is part of the crate yyjson-sys."""
    command = [CARGO, "metadata", "--format-version=1", "--all-features"]
    command += ["--manifest-path", HERE / "Cargo.toml"]
    packages = json.loads(subprocess.check_output(command, cwd=ROOT))["packages"]
    manifest = next(p["manifest_path"] for p in packages if p["name"] == "yyjson-sys")
    return Path(manifest).parent / "yyjson" / "src"


def c(build, only=None):
    """Build the C programs, or only one: the limit, libcurl with yyjson, and ours."""
    programs = {
        "raw": ([], []),
        "curl": (["yyjson"], ["-lcurl"]),
        "c": (["yyjson"], ["-I", ROOT / "include", "-L", RELEASE, "-laura_users",
                           f"-Wl,-rpath,{RELEASE}"]),
    }  # fmt: skip
    source = {"c": "ours.c"}
    result = {}
    flags = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-pthread"]
    if build and only != "raw":
        folder = yyjson()
        run(CC, "-O2", "-c", folder / "yyjson.c", "-o", BUILD / "yyjson.o")
    for name, (uses, libraries) in programs.items():
        if only and name != only:
            continue
        output = BUILD / name
        result[name] = Program([str(output)])
        if not build:
            continue
        if name == "curl" and not need("libcurl4-openssl-dev"):
            result[name] = Program([], "libcurl's headers are not installed")
            continue
        objects = [BUILD / "yyjson.o", "-I", folder] if uses else []
        run(CC, *flags, HERE / "c" / source.get(name, f"{name}.c"), *objects, *libraries,
            "-o", output)  # fmt: skip
    return result


def sizes():
    """Return the sizes in bytes of the stripped library, the wheel, and the module in it."""
    found = {}
    library = RELEASE / "libaura_users.so"
    if library.exists():
        found["library"] = library.stat().st_size
    if wheel():
        found["wheel"] = wheel().stat().st_size
        with zipfile.ZipFile(wheel()) as files:
            found["module"] = max(file.file_size for file in files.infolist())
    return found
