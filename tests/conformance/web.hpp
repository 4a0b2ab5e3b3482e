// SPDX-License-Identifier: Apache-2.0
// Containers and manifests of rows about probes and hooks: a server to ask (tests/daemon/web/web.py), and who asks it.
#pragma once

#include "tests/conformance/row.hpp"

namespace conformance {

// A server at port 8080 of 127.0.0.1, in the pod's own network. Its log is the story: a request is the word "PATH HOST
// USER-AGENT", a gRPC check "grpc". `options` are more of its command line.
std::string serves(const std::string& name, const std::string& options = "", const std::string& fields = "");
// A script that waits until somebody listens on port 8080.
extern const std::string served;

// "httpGet": ... of port 8080; with `more` fields.
std::string http_get(const std::string& path, const std::string& more = "");

// A probe once a second, by its kind ("liveness"): `how` is the inside of exec_of(), or http_get() and the like.
std::string probe(const std::string& kind, const std::string& how, const std::string& more = "");
std::string probe_by(const std::string& kind, const std::string& script, const std::string& more = "");
std::string failures(int threshold); // "failureThreshold": ...

} // namespace conformance
