# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks share: their programs, pods, how figures are shown."""
import argparse
import atexit
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

SKIPPED = 77  # Meson's exit code for it


def skip(why):
    print("skipped:", why)
    sys.exit(SKIPPED)


def options():
    """The programs, as Meson built them."""
    parser = argparse.ArgumentParser()
    for name in ("podinit", "podinit-get", "podctl", "answerer", "service", "floor", "guest", "empty", "json"):
        parser.add_argument("--" + name, type=os.path.abspath, help="the program")
    parser.add_argument("--quick", action="store_true", help="fewer pods and rounds: does it work at all?")
    return parser.parse_args()


def workspace():
    """A directory that is gone when the benchmark ends."""
    path = tempfile.mkdtemp(prefix="podinit-bench-")
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


def stripped(program, directory):
    """A copy as it would be installed."""
    to = os.path.join(directory, os.path.basename(program))
    subprocess.run(["strip", "-o", to, program], check=True)
    return to


def program(name):
    """A peer's program, or None."""
    return shutil.which(name, path="/usr/bin:/usr/sbin:/bin:/sbin")


def pod(name, command):
    """A pod of one container, in the machine's namespaces and on its root file system, with the usual capabilities."""
    return json.dumps({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name},
        "spec": {"hostNetwork": True, "hostPID": True, "hostIPC": True,
                 "containers": [{"name": "main", "image": "host", "command": command}]}})


def figure(value):
    """Three digits are as many as mean something."""
    return "%.0f" % value if abs(value) >= 100 else "%.3g" % value


def spread(values):
    return "%s (%s-%s)" % tuple(figure(v) for v in (statistics.median(values), min(values), max(values)))


def verdict(value, budget, unit):
    if budget is None:
        return ""
    return "%s %s: %s" % (figure(budget), unit, "met" if value <= budget else "MISSED")


def table(title, head, rows):
    print("\n**%s**\n" % title)
    print("| " + " | ".join(head) + " |")
    print("|---" * len(head) + "|")
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")
    sys.stdout.flush()


def wait_for(condition, what, patience=60):
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            sys.exit("benchmark: gave up waiting for " + what)
        time.sleep(0.01)


def go_first():
    """What else the machine does should not decide which of the peers looks slow; children inherit it."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except OSError:
        print("without real-time priority: figures of a busy machine mean little")
