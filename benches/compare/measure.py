"""Runs the programs, pinned to their cores, against the stand-in."""

import json
import os
import ssl
import subprocess
import time
import urllib.request
from contextlib import contextmanager

from programs import BUILD, RELEASE

CORES = sorted(os.sched_getaffinity(0))
CLIENT, SERVER = CORES[0], CORES[-1]
TICK = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    """A program failed. The message is the last line of its standard error."""


@contextmanager
def stand_in(job):
    """Run the stand-in server of a job on its own core, and yield its URL and process id."""
    command = ["taskset", "-c", str(SERVER), str(RELEASE / "stand-in"), *job.server]
    if job.tls:
        command += ["--tls", str(BUILD)]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        yield server.stdout.readline().strip(), server.pid
        server.stdin.close()


def server_cpu(pid):
    """Return the CPU time of the stand-in server, in seconds."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def tls_options(entrant):
    """Return the arguments that name the root certificate, which each stand-in creates anew."""
    root = str(BUILD / "ca.pem")
    return [root] if entrant.program == "curl" else ["ca_file", root]


def stats(url):
    """Return the counts of a stand-in server with https."""
    context = ssl.create_default_context(cafile=BUILD / "ca.pem")
    url = url.removesuffix("/api") + "/stats"
    with urllib.request.urlopen(url, context=context) as reply:
        return json.load(reply)


def environment():
    """Return the environment without proxies, and without files that the first run would write."""
    kept = {
        key: value for key, value in os.environ.items() if "proxy" not in key.lower()
    }
    return kept | {"PYTHONDONTWRITEBYTECODE": "1"}


def run(program, arguments):
    """Run a program, and return its output and its CPU time in microseconds."""
    with subprocess.Popen(
        ["taskset", "-c", str(CLIENT), *program.command, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment() | program.environment,
    ) as child:
        output, complaint = child.stdout.read(), child.stderr.read()
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        last = complaint.strip().rpartition("\n")[2]
        raise Failed(last or f"ended with {child.returncode}")
    return output, (used.ru_utime + used.ru_stime) * 1e6


def once(program, entrant, url, count, warm_up, options=()):
    """Run one round, and return the program's figures for one operation."""
    arguments = [entrant.job, url, str(count), str(warm_up), *entrant.options, *options]
    result = json.loads(run(program, arguments)[0])
    for total in ["cpu_us", "wall_us", "rows", "checksum"]:
        result[total] /= result["count"]
    return result


def job_rounds(job, programs, rounds, part, tell):
    """Run all entrants in each round, and return {label: results} and {label: reason to skip}.

    A result's "busy" is the share of the time in which the stand-in server worked.
    """
    results, skipped = {}, {}
    for entrant in job.entrants:
        program = programs[entrant.program]
        if program.skipped:
            skipped[entrant.label] = program.skipped
        else:
            results[entrant.label] = []
    with stand_in(job) as (url, pid):
        for round_number in range(rounds):
            tell(f"{job.name}: round {round_number + 1} of {rounds}")
            for entrant in job.entrants:
                if entrant.label in skipped:
                    continue
                count = max(1, int(job.count * part) // entrant.slower)
                if job.name == "tasks":
                    count = max(count, 1000)
                options = tls_options(entrant) if job.tls else []
                before, start = server_cpu(pid), time.monotonic()
                try:
                    result = once(
                        programs[entrant.program],
                        entrant,
                        url,
                        count,
                        job.warm_up * entrant.warmer,
                        options,
                    )
                except Failed as why:
                    skipped[entrant.label] = str(why)
                    results.pop(entrant.label)
                else:
                    took = time.monotonic() - start
                    result["busy"] = (server_cpu(pid) - before) / took
                    results[entrant.label].append(result)
    counted = {run["rows"] for runs in results.values() for run in runs if run["rows"]}
    if len(counted) > 1:
        raise SystemExit(f"{job.name}: the programs read different rows: {counted}")
    return results, skipped


def handshakes(job, programs):
    """Count the full and the resumed handshakes of each entrant in 50 connections."""
    counted = {}
    for entrant in job.entrants:
        if programs[entrant.program].skipped:
            continue
        with stand_in(job) as (url, _):
            once(programs[entrant.program], entrant, url, 50, 0, tls_options(entrant))
            counted[entrant.label] = stats(url)
    return counted
