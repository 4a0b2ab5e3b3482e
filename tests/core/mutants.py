#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Has each guard of the core lie in turn, and says which lies nobody notices.

usage: mutants.py PROGRAM LIST EQUIVALENT [PART]...

PROGRAM is the core's test built from what mutate.py wrote, LIST its list of guards. EQUIVALENT holds those lies that
change nothing that matters, with the reason: lines of FILE, FUNCTION, PART, true|false and why, separated by tabs. A lie
that no test notices and that is not there is a failure, and so is a line there that no such lie needs. With PARTs, only
guards whose line in LIST holds one of them.
"""
import concurrent.futures
import os
import subprocess
import sys

SECONDS = 30  # for one run, which takes less than one; whoever takes longer loops


def notices(program, number, says):
    environment = dict(os.environ, PODINIT_MUTANT=f"{number}:{says}")
    try:
        run = subprocess.run([program, "--abort"], env=environment, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return True
    return run.returncode != 0


def read(path):
    with open(path) as file:
        return [line.rstrip("\n").split("\t") for line in file if line.strip() and not line.startswith("#")]


def main():
    program, listing, excused, only = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
    if subprocess.run([program], stdout=subprocess.DEVNULL, check=False).returncode != 0:
        sys.exit("the core's tests fail without any mutant")
    guards = [guard for guard in read(listing) if not only or any(part in "\t".join(guard) for part in only)]
    reasons = {tuple(line[:4]): line[4] for line in read(excused)}
    lies = [(guard, says) for guard in guards for says in (0, 1)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        noticed = list(pool.map(lambda lie: notices(program, lie[0][0], lie[1]), lies))
    lived = {(*guard[1:], "true" if says else "false")
             for (guard, says), seen in zip(lies, noticed) if not seen}
    unexpected = sorted(lived - reasons.keys())
    needless = [] if only else sorted(reasons.keys() - lived)
    for lie in unexpected:
        print("nobody notices:", "\t".join(lie))
    for lie in needless:
        print("is noticed after all, or is no guard:", "\t".join(lie))
    print(f"{len(lies)} mutants: {sum(noticed)} caught, {len(lived)} lived, {len(lived) - len(unexpected)} of them equivalent")
    sys.exit(1 if unexpected or needless else 0)


main()
