// SPDX-License-Identifier: Apache-2.0
// Any bytes as what a probed server sends, HTTP and gRPC: no crash, the same verdict however the bytes are cut into
// pieces, and no answer that is waited for without end.
#include "initd/probe_grpc.hpp"
#include "initd/probe_http.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using initd::HttpVerdict;

void require(bool holds) {
    if (!holds)
        std::abort();
}

void check_http(std::string_view text) {
    initd::HttpTarget asked;
    asked.port = 8080;
    asked.host = "127.0.0.1";
    asked.path = "/healthz";
    for (const auto asker : {initd::Asker::Probe, initd::Asker::Hook}) {
        const HttpVerdict so_far = judge_http(text, false, asked, 1, asker);
        const HttpVerdict all = judge_http(text, true, asked, 1, asker);
        require(all.kind != HttpVerdict::Kind::More);
        require(so_far.kind != HttpVerdict::Kind::More || text.size() < initd::max_http_answer + initd::max_http_body);
        require(all.kind != HttpVerdict::Kind::Redirect || !all.next.host.empty());
        // A redirect is followed only so often.
        require(judge_http(text, true, asked, initd::max_http_requests, asker).kind != HttpVerdict::Kind::Redirect);
    }
}

void check_grpc(std::string_view text) {
    initd::GrpcCheck whole("127.0.0.1:9000", ""), piecewise("127.0.0.1:9000", "");
    const auto outcome = whole.take(text);
    std::optional<initd::Outcome> last;
    for (std::size_t at = 0; at < text.size() && !last; ++at)
        last = piecewise.take(text.substr(at, 1));
    require(outcome == last);
    require(!outcome || *outcome == initd::Outcome::Success || !whole.failure().empty());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    check_http(text);
    check_grpc(text);
    return 0;
}
