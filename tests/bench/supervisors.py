# SPDX-License-Identifier: Apache-2.0
"""Supervisors that run `count` services on this machine, each in a directory of its own."""
import os
import signal
import subprocess
import time

import common


class Supervisor:
    """A supervisor and what runs below it; everything is gone after stop()."""

    def __init__(self, name, directory, command):
        self.name = name
        self.directory = directory
        self.log = open(os.path.join(directory, "output"), "w+b")
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)

    def said(self):
        self.log.seek(0)
        return self.log.read().decode("utf-8", "replace").strip()

    def stop(self, services):
        """Supervisors first, or they would start the services again; each as it likes to be ended."""
        self.process.send_signal(signal.SIGHUP if self.name == "runit" else signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for pid in services:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


def floor(directory, count, programs, stamps):
    return Supervisor("floor", directory, [programs.floor, str(count), programs.service, stamps])


def runit(directory, count, programs, stamps):
    for i in range(count):
        place = os.path.join(directory, "services", "service%d" % i)
        os.makedirs(place)
        with open(os.path.join(place, "run"), "w") as script:
            script.write("#!/bin/sh\nexec %s %s\n" % (programs.service, stamps))
        os.chmod(os.path.join(place, "run"), 0o755)
    return Supervisor("runit", directory, [common.program("runsvdir"), os.path.join(directory, "services")])


def podinit(directory, count, programs, stamps):
    manifests = os.path.join(directory, "manifests")
    os.mkdir(manifests)
    for i in range(count):
        with open(os.path.join(manifests, "service%d.json" % i), "w") as file:
            file.write(common.pod("service%d" % i, [programs.service, stamps]))
    run_dir = os.path.join(directory, "run")
    os.mkdir(run_dir)
    return Supervisor("podinit", directory, [programs.podinit, "--manifests", manifests, "--run-dir", run_dir])
