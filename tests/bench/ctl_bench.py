# SPDX-License-Identifier: Apache-2.0
"""What an operator waits for: podctl's whole life, from its start to its end, with 1,000 pods running."""
import os
import statistics
import subprocess
import sys
import time

import common
import supervisors


def took(command, environment, output):
    """Milliseconds from start to end."""
    before = time.monotonic_ns()
    pid = os.posix_spawn(command[0], command, environment,
                         file_actions=[(os.POSIX_SPAWN_DUP2, output, 1), (os.POSIX_SPAWN_DUP2, output, 2)])
    _, status = os.waitpid(pid, 0)
    after = time.monotonic_ns()
    if status != 0:
        sys.exit("benchmark: %s failed" % " ".join(command))
    return (after - before) / 1e6


def running(podctl, environment):
    """The services' processes, once there is nothing but running pods; as podinit tells."""
    listed = subprocess.run([podctl, "get", "pods", "--no-headers"], env=environment, stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, text=True).stdout
    return sum(1 for line in listed.splitlines() if "Running" in line)


def main():
    programs = common.options()
    if os.geteuid() != 0:
        common.skip("needs root, to give pods their capabilities")
    count, rounds = (20, 3) if programs.quick else (1000, 20)
    common.go_first()
    directory = common.workspace()
    podctl = common.stripped(programs.podctl, directory)
    empty = common.stripped(programs.empty, directory)
    supervisor = supervisors.podinit(directory, count, programs, "/dev/null")
    environment = {"PODINIT_SOCKET": os.path.join(directory, "run", "control.sock"), "PATH": "/usr/bin:/bin"}
    commands = {
        "an empty static program": [empty],
        "podctl version --client": [podctl, "version", "--client"],
        "podctl get pod NAME": [podctl, "get", "pod", "service%d" % (count // 2)],
        "podctl get pods": [podctl, "get", "pods"],
        "podctl get pods -o json": [podctl, "get", "pods", "-o", "json"],
    }
    times = {name: [] for name in commands}
    output = os.open(os.path.join(directory, "answers"), os.O_CREAT | os.O_RDWR | os.O_TRUNC | os.O_CLOEXEC)
    sizes = {}
    try:
        common.wait_for(lambda: running(podctl, environment) == count, "%d running pods" % count, 120)
        for _ in range(rounds):
            for name, command in commands.items():
                os.ftruncate(output, 0)
                os.lseek(output, 0, os.SEEK_SET)
                times[name].append(took(command, environment, output))
                sizes[name] = os.fstat(output).st_size
    finally:
        supervisor.stop([])
    floor = statistics.median(times["an empty static program"])
    common.table("podctl with %d pods running, wall time" % count,
                 ["command", "ms", "x an empty program", "answer, bytes", "budget"],
                 [[name, common.spread(values), "%.1f" % (statistics.median(values) / floor), sizes[name],
                   "none set" if name.startswith("podctl get") else ""] for name, values in times.items()])


main()
