# SPDX-License-Identifier: Apache-2.0
"""PID 1 in a virtual machine whose clock counts instructions: from its exec to the last of N services' first
instruction, and the memory that it takes. The same services under all: see guest.cpp for what is measured how."""
import json
import re
import shutil
import sys

import common
import guest

BUDGET_MS = {10: 4.4, 100: 38}
BUDGET_PSS = {100: 1200}  # kB
BUDGET_PSS_EACH = 2       # kB for each pod more


def put_floor(tree, count, programs):
    tree.program(programs.floor, "/sbin/floor")
    return ["/sbin/floor", str(count), "/service"]


def put_busybox(tree, count, _):
    tree.program(common.program("busybox"), "/bin/busybox")
    tree.link("/sbin/init", "/bin/busybox")
    # Two lines alike are one to it.
    tree.file("/etc/inittab", "".join("::respawn:/service /stamps %d\n" % i for i in range(count)))
    return ["/sbin/init"]


def put_runit(tree, count, _):
    for name in ("runit", "runsvdir", "runsv"):
        tree.program(common.program(name), "/usr/bin/" + name)
    tree.program(common.program("busybox"), "/bin/busybox")
    tree.link("/bin/sh", "busybox")
    tree.file("/etc/runit/1", "#!/bin/sh\n", 0o755)
    tree.file("/etc/runit/2", "#!/bin/sh\nexec runsvdir -P /service.d\n", 0o755)
    tree.file("/etc/runit/3", "#!/bin/sh\n", 0o755)
    for i in range(count):
        tree.link("/service.d/service%d/run" % i, "/service")
    return ["/usr/bin/runit"]


def put_podinit(tree, count, programs):
    tree.program(programs.podinit, "/sbin/podinit")
    tree.directory("/etc/podinit/manifests")
    if count == 0:  # with nothing to run, a machine starts the rescue program
        tree.file("/etc/podinit/config.json", json.dumps({"rescue": ["/service"]}))
    for i in range(count):
        name = "service%d" % i
        tree.file("/etc/podinit/manifests/%s.json" % name, common.pod(name, ["/service"]))
    return ["/sbin/podinit"]


class Run:
    """What one boot told."""

    def __init__(self, text):
        stamps = [int(n) for n in re.findall(r"^STAMP (\d+)$", text, re.MULTILINE)]
        start = re.search(r"^START (\d+)$", text, re.MULTILINE)
        self.whole = start is not None and "\nEND\n" in text
        self.last_words = (text.strip().splitlines() or ["not a word"])[-1][:90]
        if self.whole:
            self.last_ms = (max(stamps) - int(start.group(1))) / 1e6 if stamps else None
            self.pss = sum(int(n) for n in re.findall(r"^Pss:\s+(\d+)", text, re.MULTILINE))
            self.rss = sum(int(n) for n in re.findall(r"^Rss:\s+(\d+)", text, re.MULTILINE))
            self.processes = len(re.findall(r"^PROCESS ", text, re.MULTILINE))
            self.free = int(re.search(r"^MemFree:\s+(\d+)", text, re.MULTILINE).group(1))


def run(put, count, programs, directory):
    tree = guest.Tree()
    for name in ("proc", "sys", "dev", "run", "tmp"):
        tree.directory(name)
    tree.pipe("/stamps")
    tree.file("/count", "%d\n" % count)
    tree.program(programs.guest, "/init")
    tree.program(programs.service, "/service")
    tree.file("/pid1", "\n".join(put(tree, count, programs)) + "\n")
    return Run(guest.boot(tree, directory))


def show_boot(count, runs):
    floor = runs["floor"]
    rows = []
    for name, one in runs.items():
        if not one.whole:
            rows.append([name, "failed: " + one.last_words, "", "", "", "", ""])
            continue
        budget = BUDGET_MS.get(count) if name == "podinit" else None
        rows.append([name, "%.3f" % one.last_ms, "%.2f" % (one.last_ms / floor.last_ms),
                     common.verdict(one.last_ms, budget, "ms"), "%d (%d)" % (one.pss, one.processes),
                     "%d" % one.rss, "%+d" % (floor.free - one.free)])
    common.table("Boot with %d pods, guest time" % count,
                 ["PID 1", "last service after ms", "x floor", "budget", "PSS kB (processes)", "RSS kB",
                  "whole guest's memory above the floor, kB"], rows)


def show_memory(podinit):
    rows = []
    for count, one in sorted(podinit.items()):
        if not one.whole:
            rows.append([count, "failed: " + one.last_words, "", ""])
            continue
        each, limit = "", BUDGET_PSS.get(count)
        if count > 100 and podinit[100].whole:
            more = (one.pss - podinit[100].pss) / (count - 100)
            each = "%s kB; budget %s" % (common.figure(more), common.verdict(more, BUDGET_PSS_EACH, "kB"))
        rows.append([count, one.pss, common.verdict(one.pss, limit, "kB"), each])
    common.table("podinit's memory by pods: PSS of all its processes, kB",
                 ["pods", "PSS", "budget", "for each pod more than 100"], rows)


def main():
    programs = common.options()
    if not shutil.which("qemu-system-x86_64") or not guest.kernel():
        common.skip("needs qemu-system-x86_64 and a kernel for it in /boot (packages qemu-system-x86, "
                    "linux-image-cloud-amd64)")
    directory = common.workspace()
    for name in ("podinit", "service", "floor", "guest"):
        setattr(programs, name, common.stripped(getattr(programs, name), directory))
    peers = {"floor": put_floor}
    for name, put, needs in (("BusyBox init", put_busybox, ["busybox"]),
                             ("runit", put_runit, ["busybox", "runit", "runsvdir", "runsv"])):
        lacking = [need for need in needs if not common.program(need)]
        if lacking:
            print("%s skipped: needs %s" % (name, ", ".join(lacking)))
        else:
            peers[name] = put
    peers["podinit"] = put_podinit

    podinit = {}
    for count in (1, 10) if programs.quick else (1, 10, 100):
        runs = {name: run(put, count, programs, directory) for name, put in peers.items()}
        show_boot(count, runs)
        podinit[count] = runs["podinit"]
    if not programs.quick:
        for count in (0, 1000):
            podinit[count] = run(put_podinit, count, programs, directory)
        show_memory(podinit)
    sys.exit(0 if all(one.whole for one in podinit.values()) else 1)


main()
