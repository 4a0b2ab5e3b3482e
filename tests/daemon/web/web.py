#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A server for probes and hooks to ask, in HTTP and as a gRPC health service.

usage: web.py ADDRESS PORT [--tls] [--log FILE] [--health FILE]

/CODE answers with that status, /to/URL redirects there, /health says 200 while FILE exists and 500 otherwise, anything
else 200; a gRPC check says SERVING or NOT_SERVING likewise. Each request adds a line "PATH HOST USER-AGENT" to the log,
behind the seconds since boot. Over TLS the log also has the name that the client asked for (SNI), as "sni NAME". A
request over TLS where there is none is answered in plain HTTP, as many servers do.
"""
import argparse
import http.server
import os
import signal
import socket
import ssl

signal.signal(signal.SIGTERM, lambda *_: os._exit(0)) # also as a PID namespace's first process
parser = argparse.ArgumentParser()
parser.add_argument("address")
parser.add_argument("port", type=int)
parser.add_argument("--tls", action="store_true")
parser.add_argument("--log", default=os.devnull)
parser.add_argument("--health", default="")
options = parser.parse_args()


def healthy():
    return not options.health or os.path.exists(options.health)


def note(line):
    with open(options.log, "a") as file:
        with open("/proc/uptime") as uptime:
            file.write(f"{uptime.read().split()[0]} {line}\n")


class Handler(http.server.BaseHTTPRequestHandler):
    def parse_request(self):
        if self.raw_requestline[:1] == b"\x16":
            self.wfile.write(b"HTTP/1.0 400 Bad Request\r\n\r\nthis is plain HTTP\n")
            self.close_connection = True
            return False
        if self.raw_requestline.startswith(b"PRI "):
            self.close_connection = True
            self.answer_grpc()
            return False
        return super().parse_request()

    def answer_grpc(self):
        """One call of one stream: its frames up to the end of the stream, then an answer that reads nothing of them."""
        self.rfile.read(len(b"\r\nSM\r\n\r\n"))
        flags = kind = 0
        while kind != 0 or not flags & 1:
            head = self.rfile.read(9)
            kind, flags = head[3], head[4]
            self.rfile.read(int.from_bytes(head[:3], "big"))
        note("grpc")

        def frame(kind, flags, stream, payload):
            return len(payload).to_bytes(3, "big") + bytes([kind, flags, 0, 0, 0, stream]) + payload

        message = b"\0\0\0\0\2\x08" + (b"\1" if healthy() else b"\2")
        self.wfile.write(frame(4, 0, 0, b"") + frame(1, 4, 1, b"\x88") + frame(0, 0, 1, message) +
                         frame(1, 5, 1, b"\0\x0bgrpc-status\x010"))

    def do_GET(self):
        note(f"{self.path} {self.headers['Host']} {self.headers['User-Agent']}")
        word = self.path.lstrip("/")
        code = 200
        if word.startswith("to/"):
            code = 302
        elif word == "health":
            code = 200 if healthy() else 500
        elif word.isdigit():
            code = int(word)
        self.send_response(code)
        if code == 302:
            self.send_header("Location", word[3:])
        self.send_header("Content-Length", "3")
        self.end_headers()
        self.wfile.write(b"ok\n")

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6 if ":" in options.address else socket.AF_INET
    daemon_threads = True
    request_queue_size = 1024

    def handle_error(self, *_): # a client that went away
        pass


server = Server((options.address, options.port), Handler)
if options.tls:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(os.path.dirname(os.path.abspath(__file__)), "server.pem"))
    context.sni_callback = lambda _socket, name, _context: note(f"sni {name}")
    server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
