# SPDX-License-Identifier: Apache-2.0
"""What probes cost: PID 1's share of a processor while it asks, and how long a client waits meanwhile."""
import json
import os
import socket
import statistics
import subprocess
import sys
import time

import common
import supervisors

PORT = 18099


def manifest(name, service, probe, period):
    pod = json.loads(common.pod(name, [service, "/dev/null"]))
    if probe:
        pod["spec"]["containers"][0]["readinessProbe"] = {"periodSeconds": period, "timeoutSeconds": 5, **probe}
    return pod


def start(directory, service, count, probe, programs):
    """podinit with `count` pods, each with such a probe once a second."""
    os.makedirs(os.path.join(directory, "manifests"))
    os.mkdir(os.path.join(directory, "run"))
    for i in range(count):
        with open(os.path.join(directory, "manifests", "p%d.json" % i), "w") as file:
            json.dump(manifest("p%d" % i, service, probe, 1), file)
    return supervisors.Supervisor("podinit", directory, [
        programs.podinit, "--manifests", os.path.join(directory, "manifests"), "--run-dir", os.path.join(directory, "run")])


def processor(pid):
    """Seconds of processor time that the process has had, its children's not counted; to the nanosecond."""
    with open("/proc/%d/schedstat" % pid) as file:
        return int(file.read().split()[0]) / 1e9


def answered(server):
    """How many connections it has seen: it reads from each once."""
    with open("/proc/%d/io" % server.pid) as file:
        return next(int(line.split()[1]) for line in file if line.startswith("syscr"))


def waited(path):
    """Milliseconds from a client's call to its answer."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
        before = time.monotonic_ns()
        client.sendall(b'{"method":"org.varlink.service.GetInfo"}\0')
        client.recv(65536)
        return (time.monotonic_ns() - before) / 1e6


def ready(podctl, path):
    listed = subprocess.run([podctl, "--socket", path, "get", "pods", "--no-headers"], stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, text=True).stdout
    return sum(1 for line in listed.splitlines() if "1/1" in line)


def measure(what, probe, count, programs, service, server, seconds):
    directory = common.workspace()
    supervisor = start(directory, service, count, probe, programs)
    path = os.path.join(directory, "run", "control.sock")
    try:
        common.wait_for(lambda: os.path.exists(path) and ready(programs.podctl, path) == count,
                        "%d ready pods" % count, 120)
        pid = supervisor.process.pid
        time.sleep(1)
        used, asked, began, waits = processor(pid), answered(server), time.monotonic(), []
        while time.monotonic() < began + seconds:
            waits.append(waited(path))
            time.sleep(0.05)
        took = time.monotonic() - began
        share, asked = (processor(pid) - used) / took, (answered(server) - asked) / took
        with open("/proc/%d/status" % pid) as file:
            memory = next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))
        still = ready(programs.podctl, path)
        if still != count:
            sys.exit("benchmark: %d of %d pods were ready at the end" % (still, count))
    finally:
        supervisor.stop([])
    waits.sort()
    if probe and "exec" in probe: # nobody else sees those
        asked = count
    each = "%.0f us" % (share * 1e6 / asked) if probe else ""
    return [what, "%.0f" % asked, "%.1f %%" % (100 * share), each, "%.2f" % statistics.median(waits),
            "%.2f" % waits[len(waits) * 99 // 100], "%d" % memory]


def main():
    programs = common.options()
    if os.geteuid() != 0:
        common.skip("needs root, to give pods their capabilities")
    many, seconds = (20, 2) if programs.quick else (1000, 10)
    common.go_first()
    directory = common.workspace()
    service = common.stripped(programs.service, directory)
    empty = common.stripped(programs.empty, directory)
    server = subprocess.Popen([programs.answerer, str(PORT)])
    get = {"httpGet": {"port": PORT, "host": "127.0.0.1"}}
    try:
        rows = [measure(*case, programs, service, server, seconds) for case in [
            ("none", None, many),
            ("httpGet", get, many),
            ("tcpSocket", {"tcpSocket": {"port": PORT, "host": "127.0.0.1"}}, many),
            ("exec of an empty static program", {"exec": {"command": [empty]}}, many // 10),
        ]]
    finally:
        server.kill()
        server.wait()
    common.table("probes once a second, each in a pod of its own",
                 ["probe", "a second", "PID 1's share of a processor", "of it each", "call, ms (median)", "99 %", "RSS, kB"],
                 rows)


main()
