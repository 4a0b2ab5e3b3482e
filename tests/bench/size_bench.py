# SPDX-License-Identifier: Apache-2.0
"""How large the programs are, and whose bytes they are.

With link-time optimisation the linker's map knows parts of a whole program, not rooms; so the symbols tell. A function
belongs to the first of our namespaces or Boost's that its name says (an instance of a std:: template to the room of
what it holds), else to the C++ or the C library. Tables that have no symbols (unwinding, constants) have their rows."""
import os
import re
import subprocess

import common

BUDGET_KB = {"podinit": 1000, "podctl": 1800}
ROOMS = {"spec": "spec/", "ns": "ns/", "initd": "initd/", "ctl": "tools/podctl/", "boost": "Boost.JSON", "YAML": "libyaml"}
KB = 1000.0


def owner(name):
    found = re.search(r"\b(boost|spec|ns|initd|ctl)::", name)
    if found:
        return ROOMS[found.group(1)]
    if name.startswith("yaml_"):
        return "libyaml"
    if name == "main" or "(anonymous namespace)" in name:
        return "main.cpp"
    return "libstdc++, libgcc" if re.search(r"\bstd::|__cxxabiv1|__gnu_cxx|_Unwind|__cxa_", name) else "libc and others"


def shares(program):
    """Bytes by owner, of what the file holds."""
    listed = subprocess.run(["nm", "--print-size", "--demangle", program], check=True, stdout=subprocess.PIPE,
                            text=True).stdout
    sizes, seen = {}, set()
    for line in listed.splitlines():
        found = re.match(r"([0-9a-f]+) ([0-9a-f]+) (\w) (.+)$", line)
        if not found or found.group(3) in "bB" or found.group(1) in seen:  # zeroes are not in the file; aliases
            continue
        seen.add(found.group(1))
        sizes[owner(found.group(4))] = sizes.get(owner(found.group(4)), 0) + int(found.group(2), 16)
    sections = subprocess.run(["size", "--format=sysv", program], check=True, stdout=subprocess.PIPE, text=True).stdout
    for name, title in ((".eh_frame", "unwinding tables"), (".gcc_except_table", "exception tables")):
        found = re.search(r"^%s\s+(\d+)" % re.escape(name), sections, re.MULTILINE)
        if found:
            sizes[title] = int(found.group(1))
    return sizes


def main():
    programs = common.options()
    directory = common.workspace()
    files = {"an empty static program": programs.empty, "the same that reads JSON (Boost.JSON)": programs.json,
             "podinit": programs.podinit, "podinit-get": programs.podinit_get, "podctl": programs.podctl}
    sizes = {name: os.path.getsize(common.stripped(path, directory)) for name, path in files.items()}
    empty = sizes["an empty static program"]
    common.table("Programs, stripped", ["program", "kB", "x an empty one", "budget"],
                 [[name, "%.0f" % (size / KB), "%.2f" % (size / empty),
                   common.verdict(size / KB, BUDGET_KB.get(name), "kB")] for name, size in sizes.items()])
    for name in ("podinit", "podctl"):
        parts = shares(files[name])
        parts["strings, constants, padding"] = sizes[name] - sum(parts.values())
        common.table("Whose bytes %s is" % name, ["part", "kB", "share"],
                     [[part, "%.1f" % (size / KB), "%.0f %%" % (100 * size / sizes[name])]
                      for part, size in sorted(parts.items(), key=lambda item: -item[1])])


main()
