#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What podinit keeps and shows of a manifest is known to kubectl in every field, over the manifests that other people
wrote, where they lie beside the source tree.

usage: kept_test.py CONVERT (the program made of convert.cpp)

kubectl reads the text into its own types to change an image, and passes over what they do not have: so all but the image
must be there again.
"""
import json
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

from kubectl import CORPUS, Kubectl, corpus_files, json_values, need_kubectl, skip  # noqa: E402

KINDS = [("v1", "Pod"), ("apps/v1", "DaemonSet"), ("apps/v1", "Deployment"), ("apps/v1", "StatefulSet"), ("v1", "List")]
BATCH = 40  # objects in one call of kubectl
IMAGE = "kubectl:changed"
NEWER = ("fileKeyRef", "restartPolicyRules", "hostnameOverride")  # than kubectl 1.32


def lost(ours, theirs, path=""):
    """The first value of ours that is not in theirs; "" for none."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key, value in ours.items():
            if key not in theirs:
                if key in NEWER:
                    continue
                return "%s/%s" % (path, key)
            if found := lost(value, theirs[key], "%s/%s" % (path, key)):
                return found
        return ""
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, value in enumerate(ours):
            if found := lost(value, theirs[index], "%s/%d" % (path, index)):
                return found
        return ""
    same = ours == theirs or theirs == IMAGE and path.endswith("/image")
    return "" if same else "%s: %s is %s" % (path, json.dumps(ours), json.dumps(theirs))


def main():
    need_kubectl()
    if not CORPUS.exists():
        skip("no manifests at %s" % CORPUS)
    lines = subprocess.run([sys.argv[1], "--kept", *corpus_files()], capture_output=True, check=True, encoding="utf-8")
    texts = [text for line in lines.stdout.split("\n") if line for text in json.loads(line)["objects"]]
    objects = [thing for thing in map(json.loads, texts) if (thing["apiVersion"], thing["kind"]) in KINDS]
    different = 0
    with Kubectl(KINDS) as kubectl, tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        for start in range(0, len(objects), BATCH):
            batch = objects[start : start + BATCH]
            file.seek(0)
            file.truncate()
            file.writelines(map(json.dumps, batch))
            file.flush()
            done = kubectl.run("set", "image", "--local", "-f", file.name, "-o", "json", "*=" + IMAGE)
            theirs = json_values(done.stdout)
            if done.stderr or len(theirs) != len(batch):
                different += 1
                print("kubectl:", done.stderr, len(theirs), "of", len(batch))
                continue
            for mine, other in zip(batch, theirs):
                if what := lost(mine, other):
                    different += 1
                    print(mine["kind"], mine["metadata"]["name"], what)
    print(len(objects), "objects")
    sys.exit(1 if different or not objects else 0)


main()
