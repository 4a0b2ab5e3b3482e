# SPDX-License-Identifier: Apache-2.0
"""The real kubectl against the API server of api_server.py, and what the two tests beside need of it."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from api_server import ApiServer  # noqa: E402

SHARED = pathlib.Path(os.environ.get("PODINIT_SHARED", pathlib.Path(__file__).resolve().parents[4] / "shared"))
CORPUS = SHARED / "corpus"


def skip(why):
    print("skipped:", why)
    sys.exit(77)


def need_kubectl():
    if not shutil.which("kubectl"):
        skip("kubectl is not installed")


def corpus_files():
    return sorted(str(path) for path in CORPUS.rglob("*") if path.is_file() and path.suffix != ".tsv")


def json_values(text):
    """The values of a text that holds one after the other."""
    decoder, at, values = json.JSONDecoder(), 0, []
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        values.append(value)
        while at < len(text) and text[at].isspace():
            at += 1
    return values


class Kubectl:
    """kubectl with a server that knows `kinds`, in a directory of its own."""

    def __init__(self, kinds, openapi=None):
        self.server = ApiServer(kinds, openapi)

    def __enter__(self):
        self.home = tempfile.TemporaryDirectory(prefix="podinit-kubectl-")
        self.server.__enter__()
        return self

    def __exit__(self, *args):
        self.server.__exit__()
        self.home.cleanup()

    def run(self, *args, stdin=""):
        return subprocess.run(
            ["kubectl", "--server", self.server.url, *args],
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            cwd=self.home.name,
            env={"PATH": os.environ["PATH"], "HOME": self.home.name, "KUBECONFIG": "/dev/null"},
        )

    def create(self, *paths):
        """(objects, what it complains of) of `create --dry-run=client -o json`."""
        files = [arg for path in paths for arg in ("-f", path)]
        done = self.run("create", "--dry-run=client", "--validate=false", "-o", "json", *files)
        return json_values(done.stdout), done.stderr.strip()
