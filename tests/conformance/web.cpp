// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/web.hpp"

namespace conformance {

const std::string served = "until grep -q ':1F90 .* 0A ' /proc/net/tcp; do sleep 0.02; done; ";

std::string serves(const std::string& name, const std::string& options, const std::string& more) {
    return runs(name, "say " + name + "+; exec python3 -B " WEB_PY " 127.0.0.1 8080 --log $S " + options, more);
}

std::string http_get(const std::string& path, const std::string& more) {
    return R"("httpGet": {)" + fields({R"("port": 8080, "path": ")" + path + "\"", more}) + "}";
}

std::string probe(const std::string& kind, const std::string& how, const std::string& more) {
    return "\"" + kind + R"(Probe": {)" + fields({R"("periodSeconds": 1)", how, more}) + "}";
}

std::string probe_by(const std::string& kind, const std::string& script, const std::string& more) {
    const std::string object = exec_of(script);
    return probe(kind, object.substr(1, object.size() - 2), more);
}

std::string failures(int threshold) {
    return R"("failureThreshold": )" + std::to_string(threshold);
}

} // namespace conformance
