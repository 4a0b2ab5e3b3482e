# SPDX-License-Identifier: Apache-2.0
"""As much of an API server as kubectl asks before a dry run on the client's side: which kinds there are, and their schema.

It listens on the loopback interface, on a port that the kernel chooses. No object is ever there.
"""
import http.server
import json
import threading


def discovery(kinds):
    """Aggregated discovery of (apiVersion, kind) pairs, all of them namespaced."""
    groups = {}
    for api_version, kind in sorted(set(kinds)):
        group, _, version = api_version.rpartition("/")
        resources = groups.setdefault(group, {}).setdefault(version, [])
        resources.append(
            {
                "resource": kind.lower() + "s",
                "singularResource": kind.lower(),
                "responseKind": {"group": group, "version": version, "kind": kind},
                "scope": "Namespaced",
                "verbs": ["create", "get", "list", "patch"],
            }
        )
    return {
        group: {
            "metadata": {"name": group},
            "versions": [
                {"version": version, "resources": resources, "freshness": "Current"}
                for version, resources in versions.items()
            ],
        }
        for group, versions in groups.items()
    }


class ApiServer:
    """Serves from a thread until the with block ends; `url` is where."""

    def __init__(self, kinds, openapi=None):
        groups = discovery(kinds)
        core = [groups.pop("")] if "" in groups else []
        self.answers = {
            "/version": {"major": "1", "minor": "32", "gitVersion": "v1.32.0"},
            "/api": self.group_list(core),
            "/apis": self.group_list(list(groups.values())),
        }
        self.openapi = openapi  # the protobuf of OpenAPI version 2

    @staticmethod
    def group_list(items):
        return {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items}

    def __enter__(self):
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                path = self.path.partition("?")[0]
                if path == "/openapi/v2" and outer.openapi:
                    return self.answer(200, "application/com.github.proto-openapi.spec.v2@v1.0+protobuf", outer.openapi)
                found = outer.answers.get(path)
                body = found or {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}
                kind = ";g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList" if path.startswith("/api") else ""
                self.answer(200 if found else 404, "application/json" + kind, json.dumps(body).encode())

            def answer(self, status, content_type, body):
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = "http://127.0.0.1:%d" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *args):
        self.server.shutdown()
        self.server.server_close()
