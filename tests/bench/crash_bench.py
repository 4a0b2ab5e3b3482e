# SPDX-License-Identifier: Apache-2.0
"""From a fault's signal to the next event handled: a call over a connection that was open all the while.

Between the two are the last words, execve(2), the records of every pod read back, and what was to be done. The same
call without a fault is shown beside it."""
import os
import signal
import socket
import subprocess
import sys
import time

import common
import supervisors

CALL = b'{"method":"org.varlink.service.GetInfo","parameters":{}}\0'


def connect(path):
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.connect(path)
    client.settimeout(60)
    return client


def ask(client):
    client.sendall(CALL)
    answer = b""
    while not answer.endswith(b"\0"):
        got = client.recv(65536)
        if not got:
            sys.exit("benchmark: the connection did not outlive the crash")
        answer += got


def measure(programs, count, rounds):
    directory = common.workspace()
    supervisor = supervisors.podinit(directory, count, programs, "/dev/null")
    path = os.path.join(directory, "run", "control.sock")
    environment = {"PODINIT_SOCKET": path, "PATH": "/usr/bin:/bin"}

    def services():
        listed = subprocess.run([programs.podctl, "get", "pods", "--no-headers"], env=environment,
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
        return [line.split()[3] for line in listed.splitlines() if "Running" in line]

    calls, crashes = [], []
    try:
        common.wait_for(lambda: len(services()) == count, "%d running pods" % count, 120)
        client = connect(path)
        for _ in range(rounds):
            before = time.monotonic_ns()
            ask(client)
            between = time.monotonic_ns()
            os.kill(supervisor.process.pid, signal.SIGSEGV)
            ask(client)
            after = time.monotonic_ns()
            calls.append((between - before) / 1e6)
            crashes.append((after - between) / 1e6)
        if services() != ["0"] * count:
            sys.exit("benchmark: a service was lost or restarted")
    finally:
        supervisor.stop([])
    return [count, common.spread(crashes), common.spread(calls), "0 of %d" % count]


def main():
    programs = common.options()
    if os.geteuid() != 0:
        common.skip("needs root, to give pods their capabilities")
    common.go_first()
    rounds, counts = (3, [10]) if programs.quick else (30, [10, 1000])
    rows = [measure(programs, count, rounds) for count in counts]
    common.table("SIGSEGV to the next call answered, %d times" % rounds, ["pods", "ms", "ms without a crash", "services lost"],
                 rows)


main()
