# SPDX-License-Identifier: Apache-2.0
"""From a service's death by SIGKILL to its replacement's first instruction.

Each supervisor runs as many services as there are rounds, and each service dies once: then the restart is everybody's
first, which Kubernetes' back-off does not delay. All have been up for more than two seconds. The supervisors take turns,
so that a noisy moment is noisy to all of them."""
import os
import select
import signal
import statistics
import struct
import sys
import time

import common
import supervisors

BUDGET_MS = 0.5
STAMP = struct.Struct("QQ")  # bench::Stamp: nanoseconds, pid


class Stamps:
    """The pipe that services tell their start through."""

    def __init__(self, path):
        os.mkfifo(path)
        self.file = os.open(path, os.O_RDWR | os.O_CLOEXEC)

    def next(self, patience=20):
        """When and who, or None."""
        if not select.select([self.file], [], [], patience)[0]:
            return None
        return STAMP.unpack(os.read(self.file, STAMP.size))


class Peer:
    def __init__(self, start, directory, count, programs):
        os.mkdir(directory)
        path = os.path.join(directory, "stamps")
        self.stamps = Stamps(path)
        self.supervisor = start(directory, count, programs, path)
        self.name = self.supervisor.name
        self.services = []
        self.took = []
        for _ in range(count):
            stamp = self.stamps.next()
            if not stamp:
                self.fail("not all of its services started")
            self.services.append(stamp[1])

    def fail(self, why):
        print(self.supervisor.said())
        self.supervisor.stop(self.services)
        sys.exit("benchmark: %s: %s" % (self.name, why))

    def kill_one(self, index):
        before = time.monotonic_ns()
        os.kill(self.services[index], signal.SIGKILL)
        stamp = self.stamps.next()
        if not stamp:
            self.fail("a service did not come back")
        self.took.append((stamp[0] - before) / 1e6)
        self.services[index] = stamp[1]


def show(peers):
    floor = statistics.median(peers[0].took)
    rows = []
    for peer in peers:
        median = statistics.median(peer.took)
        budget = common.verdict(median, BUDGET_MS, "ms") if peer.name == "podinit" else ""
        rows.append([peer.name, common.spread(peer.took), "%.2f" % (median / floor), budget])
    common.table("kill -9 to the replacement's first instruction, %d services each" % len(peers[0].took),
                 ["supervisor", "ms", "x floor", "budget"], rows)


def main():
    programs = common.options()
    if os.geteuid() != 0:
        common.skip("needs root, to give pods their capabilities")
    rounds = 5 if programs.quick else 40
    common.go_first()
    directory = common.workspace()
    starts = [supervisors.floor, supervisors.podinit]
    if common.program("runsvdir") and common.program("runsv"):
        starts.append(supervisors.runit)
    else:
        print("runit skipped: needs runsvdir, runsv")
    peers = []
    try:
        for start in starts:
            peers.append(Peer(start, os.path.join(directory, start.__name__), rounds, programs))
        time.sleep(3)
        for index in range(rounds):
            for peer in peers:
                peer.kill_one(index)
                time.sleep(0.01)
        show(peers)
    finally:
        for peer in peers:
            peer.supervisor.stop(peer.services)


main()
