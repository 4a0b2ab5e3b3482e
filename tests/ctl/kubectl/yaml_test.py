#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The JSON that podctl makes of YAML is what kubectl makes of it: for each line of cases.jsonl, and for the manifests
that other people wrote, where they lie beside the source tree.

usage: yaml_test.py CONVERT (the program made of convert.cpp)

A line of cases.jsonl has the YAML ("v: ..." gets an apiVersion and a kind before it) and the JSON of its objects without
these two, or podctl's error. Where kubectl does otherwise, "kubectl" is what it makes of it, or "refuses" or "varies",
and "why" is why we do not follow it.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

from kubectl import CORPUS, Kubectl, corpus_files, need_kubectl, skip  # noqa: E402

CASES = pathlib.Path(__file__).with_name("cases.jsonl")
HEADER = "apiVersion: v1\nkind: K\n"
BATCH = 40  # files in one call of kubectl


def bare(thing):
    """Without what says which object it is, and without what kubectl adds."""
    if isinstance(thing, dict):
        thing = {key: value for key, value in thing.items() if key not in ("apiVersion", "kind")}
        if isinstance(thing.get("metadata"), dict):
            thing["metadata"] = {key: value for key, value in thing["metadata"].items() if key != "namespace"}
        thing = {key: value for key, value in thing.items() if key != "metadata" or value}
    return thing


def compare_cases(kubectl, directory):
    different = 0
    cases = [json.loads(line) for line in CASES.read_text(encoding="utf-8").split("\n") if line]
    for number, case in enumerate(cases):
        case["path"] = pathlib.Path(directory, "%d.yaml" % number)
        text = case["yaml"]
        case["path"].write_text(HEADER + text if text.startswith("v:") else text, encoding="utf-8", newline="")
        case["expected"] = case.get("kubectl", case.get("json", "refuses"))
    good = [case for case in cases if isinstance(case["expected"], list)]
    for start in range(0, len(good), BATCH):
        batch = good[start : start + BATCH]
        objects, _ = kubectl.create(*[case["path"] for case in batch])
        if [bare(thing) for thing in objects] == [thing for case in batch for thing in case["expected"]]:
            for case in batch:
                case["done"] = True
    for case in cases:
        if case.get("done") or case["expected"] == "varies":
            continue
        objects, complaint = kubectl.create(case["path"])
        refused = complaint and "no objects passed" not in complaint
        made = "refuses" if refused else [bare(thing) for thing in objects]
        if made != case["expected"]:
            different += 1
            print("different:", case["yaml"], "kubectl:", made, complaint, "recorded:", case["expected"], sep="\n")
    print(len(cases), "cases")
    return different


def complete(thing):
    """As kubectl shows an object of ours: it adds a namespace and leaves out managedFields."""
    metadata = thing.setdefault("metadata", {})
    if metadata is not None:
        metadata.setdefault("namespace", "default")
        metadata.pop("managedFields", None)
    return thing


def compare_corpus(kubectl, converted):
    """`converted` has what podctl made of each file without an error."""

    def difference(files):
        objects, complaint = kubectl.create(*[file["path"] for file in files])
        ours = [complete(thing) for file in files for thing in file["objects"]]
        if complaint and "no objects passed" not in complaint:
            return complaint
        return "" if objects == ours else "kubectl reads it otherwise"

    different = 0
    for start in range(0, len(converted), BATCH):
        batch = converted[start : start + BATCH]
        if not difference(batch):
            continue
        for file in batch:
            if what := difference([file]):
                different += 1
                print("different:", file["path"], what)
    print(len(converted), "manifests,", sum(len(file["objects"]) for file in converted), "objects")
    return different


def convert(program, files):
    lines = subprocess.run([program, *files], capture_output=True, check=True, encoding="utf-8").stdout.split("\n")
    read = [json.loads(line) for line in lines if line]
    assert len(read) == len(files)
    for file in read:
        file["objects"] = [json.loads(text) for text in file["objects"]] if not file["errors"] else []
    return [file for file in read if not file["errors"]]


def main():
    need_kubectl()
    with Kubectl([("v1", "K"), ("v1", "List")]) as kubectl, tempfile.TemporaryDirectory() as directory:
        different = compare_cases(kubectl, directory)
    if not CORPUS.exists():
        if different:
            sys.exit(1)
        skip("the cases are as kubectl has them, but there are no manifests at %s" % CORPUS)
    converted = convert(sys.argv[1], corpus_files())
    objects = [thing for file in converted for thing in file["objects"]]
    kinds = {(thing["apiVersion"], thing["kind"]) for thing in objects if thing.get("apiVersion") and thing.get("kind")}
    with Kubectl(kinds | {("v1", "List")}) as kubectl:
        different += compare_corpus(kubectl, converted)
    sys.exit(1 if different else 0)


main()
