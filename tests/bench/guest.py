# SPDX-License-Identifier: Apache-2.0
"""A virtual machine whose clock counts instructions: two nanoseconds each, whatever the host is and does."""
import os
import re
import subprocess

QEMU = ["qemu-system-x86_64", "-accel", "tcg", "-icount", "shift=1,sleep=off", "-smp", "1", "-m", "512", "-nodefaults",
        "-no-reboot", "-display", "none", "-net", "none", "-serial", "stdio", "-rtc", "base=2026-01-01,clock=vm",
        "-seed", "1"]
APPEND = "console=ttyS0 quiet panic=-1 nokaslr norandmaps tsc=reliable clocksource=tsc"


def kernel():
    """The one to boot, or None: PODINIT_BENCH_KERNEL, else the newest in /boot."""
    if os.environ.get("PODINIT_BENCH_KERNEL"):
        return os.environ["PODINIT_BENCH_KERNEL"]
    found = ["/boot/" + name for name in os.listdir("/boot") if name.startswith("vmlinuz")]
    return max(found, key=lambda path: [int(n) for n in re.findall(r"\d+", path)], default=None)


class Tree:
    """A file system in memory, to be written as an initramfs."""

    def __init__(self):
        self.entries = {}

    def add(self, path, mode, data=b""):
        path = path.strip("/")
        parent = os.path.dirname(path)
        if parent and parent not in self.entries:
            self.directory(parent)
        self.entries[path] = (mode, data)

    def directory(self, path):
        self.add(path, 0o40755)

    def pipe(self, path):
        self.add(path, 0o10666)

    def link(self, path, to):
        self.add(path, 0o120777, to.encode())

    def file(self, path, text, mode=0o644):
        self.add(path, 0o100000 | mode, text if isinstance(text, bytes) else text.encode())

    def program(self, source, path=None):
        """With the libraries that it loads, if any."""
        with open(source, "rb") as file:
            self.file(path or source, file.read(), 0o755)
        loads = subprocess.run(["ldd", source], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
        for library in re.findall(r"(?:=> |^\s*)(/\S+) \(0x", loads, re.MULTILINE):
            if library.strip("/") not in self.entries:
                with open(library, "rb") as file:
                    self.file(library, file.read(), 0o755)

    def size(self):
        return sum(len(data) for _, data in self.entries.values())

    def write(self, path):
        """As a cpio archive of the "new ASCII" kind, which the kernel unpacks."""
        with open(path, "wb") as out:
            for number, (name, (mode, data)) in enumerate([*sorted(self.entries.items()), ("TRAILER!!!", (0, b""))]):
                fields = (number, mode, 0, 0, 1, 1, len(data), 0, 0, 0, 0, len(name) + 1, 0)
                header = "070701" + "".join("%08x" % field for field in fields) + name + "\0"
                out.write(header.encode() + b"\0" * (-len(header) % 4) + data + b"\0" * (-len(data) % 4))


def boot(tree, directory, patience=120):
    """Boots it to its end; what it said on the serial line."""
    archive = os.path.join(directory, "initrd")
    tree.write(archive)
    command = QEMU + ["-kernel", kernel(), "-initrd", archive, "-append", APPEND]
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=patience).stdout.decode("latin1").replace("\r", "")
    except subprocess.TimeoutExpired as late:
        return (late.output or b"").decode("latin1").replace("\r", "")
