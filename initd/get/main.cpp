// SPDX-License-Identifier: Apache-2.0
// podinit-get: what PID 1 has no TLS and no resolver for. It asks one HTTP server, or connects to one TCP port, for a
// probe or a hook, and tells the outcome by its exit code and what is worth an event on standard output.
//
//   podinit-get probe|hook http|https|tcp HOST PORT [PATH HOST_HEADER REQUESTS]
//
// Standard input is a TCP socket in the network to connect in; names are looked up where the process itself is, so that
// it needs no privilege at all. HTTP_HEADERS in the environment, which other users cannot read, are the header lines of
// the request. REQUESTS: how many others came before. Nothing here has a deadline: podinit kills what takes too long.
#include "initd/get/stream.hpp"
#include "initd/probe_http.hpp"

#include <cstdlib>
#include <cstring>
#include <unistd.h>

namespace {

using namespace initd;

enum ExitCode : int { Success = 0, Failure = 1, Warning = 2, BadUsage = 64 };

int tell(int code, std::string_view words) {
    (void)!write(STDOUT_FILENO, words.data(), words.size());
    return code;
}

// "Get "URL": WORDS", as Go's client has it, where there was no answer to judge.
int tell_error(const HttpTarget& target, std::string_view words) {
    return tell(Failure, std::string("Get \"").append(url_of(target)).append("\": ").append(words));
}

// The Authorization headers are not for everybody to hear.
void drop_authorization(std::string& headers) {
    for (std::size_t at; (at = headers.find("Authorization: ")) != std::string::npos;)
        headers.erase(at, headers.find('\n', at) + 1 - at);
}

bool open_stream(Stream& stream, const HttpTarget& target, std::string& error) {
    const Addresses addresses = look_up(target.host, error);
    if (addresses.empty()) {
        error = "dial tcp: " + error;
        return false;
    }
    in6_addr address;
    const bool secured = stream.connect(addresses, target.port) &&
                         (!target.tls || stream.secure(read_address(target.host, address) ? "" : target.host));
    error = stream.error();
    return secured;
}

int get(HttpTarget target, std::string headers, int requests, Asker asker) {
    Stream stream(STDIN_FILENO);
    std::string fell_back;
    for (;;) {
        std::string error;
        if (!open_stream(stream, target, error)) {
            if (asker == Asker::Probe || !target.tls || !stream.spoke_http())
                return tell_error(target, error);
            fell_back = "request to HTTPS lifecycle hook " + join_host_port(target.host, target.port) +
                        " got HTTP response, retry with HTTP succeeded";
            target.tls = false;
            drop_authorization(headers);
            continue;
        }
        ++requests;
        if (!stream.send(http_request(target, headers)))
            return tell_error(target, stream.error());
        std::string answer;
        HttpVerdict verdict;
        char buffer[4096];
        for (long n = 1; verdict.kind == HttpVerdict::Kind::More;) {
            n = stream.receive(buffer, sizeof buffer);
            if (n < 0)
                return tell_error(target, stream.error());
            answer.append(buffer, static_cast<std::size_t>(n));
            verdict = judge_http(answer, n == 0, target, requests, asker);
        }
        switch (verdict.kind) {
        case HttpVerdict::Kind::More:
        case HttpVerdict::Kind::Redirect: target = verdict.next; break;
        case HttpVerdict::Kind::Success: return tell(fell_back.empty() ? Success : Warning, fell_back);
        case HttpVerdict::Kind::Warning: return tell(Warning, verdict.words);
        case HttpVerdict::Kind::Failure:
            return verdict.words.starts_with("HTTP probe") ? tell(Failure, verdict.words)
                                                           : tell_error(target, verdict.words);
        }
    }
}

} // namespace

// libstdc++'s own handler brings a demangler along.
namespace __gnu_cxx {
void __verbose_terminate_handler() {
    std::abort();
}
} // namespace __gnu_cxx

int main(int argc, char** argv) {
    if (argc < 5)
        return tell(BadUsage, "podinit-get is started by podinit\n");
    HttpTarget target;
    target.tls = std::strcmp(argv[2], "https") == 0;
    target.host = argv[3];
    target.port = static_cast<std::uint16_t>(std::atoi(argv[4]));
    if (std::strcmp(argv[2], "tcp") == 0) {
        Stream stream(STDIN_FILENO);
        std::string error;
        return open_stream(stream, target, error) ? Success : tell(Failure, error);
    }
    if (argc < 8)
        return tell(BadUsage, "podinit-get is started by podinit\n");
    target.path = argv[5];
    target.host_header = argv[6];
    const char* headers = std::getenv("HTTP_HEADERS");
    return get(std::move(target), headers ? headers : "", std::atoi(argv[7]),
               std::strcmp(argv[1], "hook") == 0 ? Asker::Hook : Asker::Probe);
}
