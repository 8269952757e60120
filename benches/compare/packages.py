"""Build the programs of the packages for other languages and of their peers, or name the reason to skip one."""

import functools
import shutil
import subprocess

from programs import BUILD, CC, HERE, RELEASE, ROOT, Program, need, run

BINDINGS = ROOT / "bindings"
LIBRARY = {"AURA_USERS_LIBRARY": str(RELEASE / "libaura_users.so")}
# The program of each Lua, Debian's package of its headers, and their folder.
LUAS = {
    "lua": ("lua5.4", "liblua5.4-dev", "lua5.4"),
    "luajit": ("luajit", "libluajit2-5.1-dev", "luajit-2.1"),
}


def prepare(languages, build):
    """Build the programs of these languages, and return them by name."""
    programs = {}
    for language, (prepared, names) in ALL.items():
        if language not in languages:
            continue
        try:
            programs |= prepared(build)
        except (OSError, subprocess.CalledProcessError) as why:
            programs |= dict.fromkeys(names, Program([], f"cannot be built: {why}"))
    return programs


def skipped(names, why):
    return dict.fromkeys(names, Program([], why))


def is_there(program, *packages):
    """Return whether a runtime is installed, after tools/need has tried to install it."""
    return shutil.which(program) or (need(*packages) and shutil.which(program))


def go(build):
    names = {"go": "ours", "go_nethttp": "nethttp"}
    if not shutil.which("go"):
        return skipped(names, "there is no go: https://go.dev/dl")
    if build:
        run(
            "go",
            "build",
            "-C",
            HERE / "go",
            "-o",
            f"{BUILD / 'go'}/",
            "./ours",
            "./nethttp",
        )
    return {
        name: Program([str(BUILD / "go" / file)], environment=LIBRARY)
        for name, file in names.items()
    }


def java(build):
    names = {"java": "Ours", "java_jackson": "HttpClientJackson"}
    if not is_there("javac", "default-jdk-headless") or not is_there("mvn", "maven"):
        return skipped(names, "there is no javac or no mvn")
    folder = BUILD / "java"
    jars = f"{folder / 'jars'}/*"
    if build:
        run("mvn", "-B", "-q", "-f", HERE / "java" / "pom.xml", "dependency:copy-dependencies",
            f"-DoutputDirectory={folder / 'jars'}")  # fmt: skip
        sources = [
            *(BINDINGS / "java/src/main/java").rglob("*.java"),
            *(HERE / "java").glob("*.java"),
        ]
        sources = [source for source in sources if source.name != "module-info.java"]
        shutil.rmtree(folder / "classes", ignore_errors=True)
        run("javac", "-nowarn", "-d", folder / "classes", "-cp", jars, *sources)
    command = ["java", "-cp", f"{folder / 'classes'}:{jars}"]
    return {
        name: Program([*command, main], environment=LIBRARY)
        for name, main in names.items()
    }


def node(build):
    names = {
        "node": "ours",
        "undici": "with_undici",
        "fetch": "fetch",
        "node_http": "http",
    }
    if not is_there("node", "node"):
        return skipped(names, "there is no node")
    folder = BUILD / "node"
    programs = {
        name: Program(["node", str(folder / f"{file}.mjs")], environment=LIBRARY)
        for name, file in names.items()
    }
    if build:
        # Node.js looks for modules beside the program, so the programs are copied to them.
        shutil.copytree(HERE / "node", folder, dirs_exist_ok=True)
        if not is_there("npm", "npm"):
            missing = skipped(["node", "undici"], "there is no npm")
            return programs | missing
        # npm would keep an older copy of the same version.
        shutil.rmtree(folder / "node_modules/aura-users", ignore_errors=True)
        run("npm", "install", "--prefix", folder, "--silent", "--no-audit", "--no-fund",
            "--no-package-lock", "--ignore-scripts", "--install-links", BINDINGS / "node")  # fmt: skip
    return programs


def ruby(build):
    names = {"ruby": "ours", "net_http": "net_http"}
    if not is_there("ruby", "ruby", "ruby-ffi"):
        return skipped(names, "there is no ruby")
    return {
        name: Program(["ruby", "-I", str(BINDINGS / "ruby/lib"), str(HERE / "ruby" / f"{file}.rb")],
                      environment=LIBRARY)
        for name, file in names.items()
    }  # fmt: skip


def lua(which, build):
    """Build ours and the peers for one version of Lua."""
    program, package, headers = LUAS[which]
    names = {which: "ours", f"{which}_socket": "luasocket_cjson"}
    if which == "luajit":
        names["luajit_curl"] = "curl_cjson"
    if build:
        need(program, package, "lua-cjson", "lua-socket", "lua-curl")
    if not shutil.which(program):
        return skipped(names, f"there is no {program}")
    modules = subprocess.run(
        [program, "-e", 'require "cjson" require "socket"'], check=False
    )
    if modules.returncode != 0:
        return skipped(names, f"{program} has no cjson or no socket")
    folder = BUILD / which
    if build:
        (folder / "aura_users").mkdir(parents=True, exist_ok=True)
        run(CC, "-std=gnu11", "-O2", "-fPIC", "-shared", "-I", ROOT / "include",
            "-I", f"/usr/include/{headers}", BINDINGS / "lua/src/core.c",
            "-o", folder / "aura_users/core.so")  # fmt: skip
    paths = [HERE / "lua/?.lua", BINDINGS / "lua/?.lua", BINDINGS / "lua/?/init.lua"]
    environment = LIBRARY | {
        "LUA_PATH": ";".join(map(str, paths)) + ";;",
        "LUA_CPATH": f"{folder}/?.so;;",
    }
    return {
        name: Program(
            [program, str(HERE / "lua" / f"{file}.lua")], environment=environment
        )
        for name, file in names.items()
    }


def script(program, names, modules, build):
    """Return the programs of a language that needs no build, only the Debian packages `modules`."""
    if build:
        need(program, *modules)
    if not shutil.which(program):
        return skipped(names, f"there is no {program}")
    folder = HERE / program
    return {
        name: Program([program, str(folder / file)], environment=LIBRARY)
        for name, file in names.items()
    }


PHP = {"php": "ours.php", "php_curl": "curl.php"}
PERL = {"perl": "ours.pl", "http_tiny": "http_tiny.pl"}
PERL_MODULES = [
    "libffi-platypus-perl",
    "libjson-maybexs-perl",
    "libjson-xs-perl",
    "libtime-moment-perl",
]

# The function that prepares the programs of a language, and their names.
ALL = {
    "go": (go, ["go", "go_nethttp"]),
    "java": (java, ["java", "java_jackson"]),
    "lua": (functools.partial(lua, "lua"), ["lua", "lua_socket"]),
    "luajit": (
        functools.partial(lua, "luajit"),
        ["luajit", "luajit_socket", "luajit_curl"],
    ),
    "node": (node, ["node", "undici", "fetch", "node_http"]),
    "perl": (
        functools.partial(script, "perl", PERL, PERL_MODULES),
        PERL,
    ),
    "php": (functools.partial(script, "php", PHP, ["php-curl"]), PHP),
    "ruby": (ruby, ["ruby", "net_http"]),
}
