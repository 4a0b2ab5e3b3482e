#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares JSON made from YAML files with what PyYAML makes of them.

The list names each file, how many documents it has, and their JSON, a line each. PyYAML is taught what kubectl's reader
does differently: timestamps and base-60 numbers are strings, y and n are booleans, 1e3 is a number, keys are strings.
"""
import json
import re
import sys

import yaml


class Loader(yaml.SafeLoader):
    pass


Loader.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("bool", r"y|Y|yes|Yes|YES|n|N|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF", "yYnNtTfFoO"),
    ("int", r"[-+]?(0[oO]?[0-7_]+|0[xX][0-9a-fA-F_]+|0[bB][01_]+|0|[1-9][0-9_]*)", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("merge", r"<<", "<"),
):
    Loader.add_implicit_resolver("tag:yaml.org,2002:" + tag, re.compile("^(?:%s)$" % pattern), list(first))
Loader.add_constructor(
    "tag:yaml.org,2002:bool",
    lambda loader, node: node.value.lower() in ("y", "yes", "true", "on"),
)
Loader.add_constructor(
    "tag:yaml.org,2002:int",
    lambda loader, node: int(re.sub(r"^([-+]?)0(?=[0-7])", r"\g<1>0o", node.value.replace("_", "")), 0),
)


def as_json(value):
    if isinstance(value, dict):
        return {k if isinstance(k, str) else json.dumps(k): as_json(v) for k, v in value.items()}
    if isinstance(value, list):
        return [as_json(v) for v in value]
    if isinstance(value, bytes):
        return value.decode()
    return value


def main():
    compared = different = 0
    with open(sys.argv[1], encoding="utf-8") as listing:
        for path in listing:
            path = path.rstrip("\n")
            ours = [json.loads(next(listing)) for _ in range(int(next(listing)))]
            with open(path, encoding="utf-8") as file:
                theirs = [as_json(d) for d in yaml.load_all(file, Loader) if d is not None]
            compared += 1
            if ours != theirs:
                different += 1
                print("different:", path)
    print(compared, "files compared,", different, "different")
    return 1 if different or not compared else 0


sys.exit(main())
