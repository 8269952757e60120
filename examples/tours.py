"""Runs the tours of the packages in bindings/, each against a server of its own.

    python tours.py [--fetch] AURA_SANDBOX LIBRARY FOLDER LANGUAGE...

LIBRARY is libaura_users.so. Built files go to FOLDER. If the runtime of a language is missing, a line
names the reason and the command that runs its tour. With --fetch the runtime and its modules are
installed first.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import demo

ROOT = Path(__file__).absolute().parent.parent
BINDINGS = ROOT / "bindings"
JNA = "net/java/dev/jna/jna"


class Missing(Exception):
    """The tour of a language needs something that is missing. The message is a clause."""


def succeeds(*command, **settings):
    """Return whether a command succeeds."""
    command = [str(part) for part in command]
    return (
        subprocess.run(command, check=False, capture_output=True, **settings).returncode
        == 0
    )


def build(*command, **environment):
    done = subprocess.run(
        [str(part) for part in command],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | environment,
    )
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no output"]
        raise Missing(f"{command[0]} failed: {lines[-1]}")


def need(fetch, why, is_there, *packages):
    """Check that something is installed. With `fetch`, install it from Debian if it is missing."""
    if not is_there() and not (
        fetch and succeeds(ROOT / "tools/need", *packages) and is_there()
    ):
        raise Missing(why)


def need_program(fetch, program, *packages):
    need(fetch, f"{program} is not installed", lambda: shutil.which(program), *packages)


def go(folder, fetch):
    if not shutil.which("go"):
        raise Missing("go is not installed: https://go.dev/dl")
    # Go downloads neither modules nor another version of itself.
    build("go", "build", "-C", BINDINGS / "go", "-o", folder / "tour", "./examples/tour",
          GOTOOLCHAIN="local", GOFLAGS="-mod=readonly", GOPROXY="off")  # fmt: skip
    return [folder / "tour"], {}


def java(folder, fetch):
    need_program(fetch, "javac", "default-jdk-headless")
    jars = sorted((Path.home() / ".m2/repository" / JNA).glob("5.*/jna-5.*[0-9].jar"))
    jars += (folder / "jars").glob("jna-*.jar")
    if not jars and fetch:
        need_program(fetch, "mvn", "maven")
        build("mvn", "-B", "-q", "-f", BINDINGS / "java/pom.xml", "dependency:copy-dependencies",
              "-DincludeArtifactIds=jna", f"-DoutputDirectory={folder / 'jars'}")  # fmt: skip
        jars += (folder / "jars").glob("jna-*.jar")
    if not jars:
        raise Missing("JNA's jar is not in ~/.m2/repository")
    sources = [
        *(BINDINGS / "java/src/main/java").rglob("*.java"),
        BINDINGS / "java/examples/Tour.java",
    ]
    build("javac", "-nowarn", "-d", folder / "classes", "-cp", jars[-1], *sources)
    return ["java", "-cp", f"{folder / 'classes'}:{jars[-1]}", "Tour"], {}


def lua(folder, fetch):
    need_program(fetch, "lua5.4", "lua5.4", "liblua5.4-dev", "lua-cjson")
    headers = Path("/usr/include/lua5.4")
    need(
        fetch,
        "lua-cjson or Lua's headers are not installed",
        lambda: (
            succeeds("lua5.4", "-e", 'require "cjson"') and (headers / "lua.h").exists()
        ),
        "liblua5.4-dev",
        "lua-cjson",
    )
    core = folder / "aura_users/core.so"
    core.parent.mkdir(exist_ok=True)
    build("cc", "-std=gnu11", "-O1", "-fPIC", "-shared", "-I", ROOT / "include", "-I", headers,
          BINDINGS / "lua/src/core.c", "-o", core)  # fmt: skip
    paths = {
        "LUA_PATH": f"{BINDINGS}/lua/?.lua;{BINDINGS}/lua/?/init.lua;;",
        "LUA_CPATH": f"{folder}/?.so;;",
    }
    return ["lua5.4", BINDINGS / "lua/tour.lua"], paths


def node(folder, fetch):
    need_program(fetch, "node", "node")
    package = BINDINGS / "node"
    if not succeeds("node", "-e", 'require.resolve("koffi")', cwd=package):
        if not fetch:
            raise Missing("koffi is not installed")
        need_program(fetch, "npm", "npm")
        build("npm", "install", "--prefix", package, "--silent", "--omit=dev", "--ignore-scripts",
              "--no-save", "--no-package-lock")  # fmt: skip
    return ["node", package / "tour.mjs"], {}


def perl(folder, fetch):
    modules = ["FFI::Platypus", "JSON::MaybeXS", "Time::Moment"]
    packages = ["libffi-platypus-perl", "libjson-maybexs-perl", "libtime-moment-perl"]
    need_program(fetch, "perl", "perl")
    words = [f"-M{module}" for module in modules]
    why = f"one of {', '.join(modules)} is not installed"
    need(fetch, why, lambda: succeeds("perl", *words, "-e", "1"), *packages)
    return ["perl", f"-I{BINDINGS}/perl/lib", BINDINGS / "perl/tour.pl"], {}


PHP_LOADER = """<?php
spl_autoload_register(function (string $class): void {
    require 'SRC/' . strtr(substr($class, strlen('AuraUsers/')), '\\\\', '/') . '.php';
});
require 'SRC/functions.php';
"""


def php(folder, fetch):
    need_program(fetch, "php", "php-cli")
    if not succeeds("php", "-r", "exit(extension_loaded('FFI') ? 0 : 1);"):
        raise Missing("PHP's extension FFI is not loaded")
    # `composer install` would write such a file.
    loader = folder / "vendor/autoload.php"
    loader.parent.mkdir(exist_ok=True)
    loader.write_text(PHP_LOADER.replace("SRC", str(BINDINGS / "php/src")))
    return ["php", "-d", f"include_path={folder}", BINDINGS / "php/tour.php"], {}


def ruby(folder, fetch):
    need_program(fetch, "ruby", "ruby", "ruby-ffi")
    why = "the gem ffi is not installed"
    need(fetch, why, lambda: succeeds("ruby", "-e", 'require "ffi"'), "ruby-ffi")
    return ["ruby", "-I", BINDINGS / "ruby/lib", BINDINGS / "ruby/tour.rb"], {}


LANGUAGES = {
    "go": ("Go", go),
    "java": ("Java", java),
    "lua": ("Lua", lua),
    "node": ("JavaScript", node),
    "perl": ("Perl", perl),
    "php": ("PHP", php),
    "ruby": ("Ruby", ruby),
}


def show(language, arguments):
    """Run a tour, or raise Missing."""
    name, prepare = LANGUAGES[language]
    folder = Path(arguments.folder).absolute() / language
    folder.mkdir(parents=True, exist_ok=True)
    command, environment = prepare(folder, arguments.fetch)
    os.environ.update(
        environment, AURA_USERS_LIBRARY=str(Path(arguments.library).absolute())
    )
    with demo.Sandbox(arguments.sandbox, "legacy") as sandbox:
        demo.tour(sandbox, name, command, f"{language}-user")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--fetch", action="store_true", help="install what is missing")
    parser.add_argument("sandbox")
    parser.add_argument("library")
    parser.add_argument("folder")
    parser.add_argument("languages", nargs="+", choices=LANGUAGES, metavar="LANGUAGE")
    arguments = parser.parse_args()
    started, shown, missing = time.monotonic(), [], {}
    try:
        for language in arguments.languages:
            try:
                show(language, arguments)
                shown.append(LANGUAGES[language][0])
            except Missing as why:
                missing[language] = why
    except (demo.Failed, OSError) as error:
        sys.exit(f"\ndemo: {error}")
    print()
    if shown:
        print(f"The same in {', '.join(shown)}, in {time.monotonic() - started:.1f} s.")
    for language, why in missing.items():
        name = LANGUAGES[language][0]
        print(f"Not shown: {name}, because {why}. Run it with: make demo-{language}")
    return 1 if arguments.fetch and missing else 0


if __name__ == "__main__":
    sys.exit(main())
