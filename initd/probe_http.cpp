// SPDX-License-Identifier: Apache-2.0
#include "initd/probe_http.hpp"

#include <algorithm>

namespace initd {

namespace {

constexpr std::string_view kubernetes_version = "1.36";

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

char upper(char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

[[gnu::noinline]] bool same_word(std::string_view a, std::string_view b) {
    bool same = a.size() == b.size();
    for (std::size_t i = 0; same && i < a.size(); ++i)
        same = lower(a[i]) == lower(b[i]);
    return same;
}

// "x-real-ip" is sent as "X-Real-Ip". A value cannot begin another line.
void add_header(std::string& out, std::string_view name, std::string_view value) {
    bool first = true;
    for (const char c : name) {
        out += first ? upper(c) : lower(c);
        first = c == '-';
    }
    out += ": ";
    for (const char c : value)
        out += c == '\r' || c == '\n' ? ' ' : c;
    out += "\r\n";
}

[[gnu::noinline]] std::string_view trim(std::string_view text) {
    const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
    while (!text.empty() && is_space(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_space(text.back()))
        text.remove_suffix(1);
    return text;
}

// A whole number in decimal digits; -1: none.
[[gnu::noinline]] long read_number(std::string_view text) {
    long number = text.empty() || text.size() > 9 ? -1 : 0;
    for (const char c : text)
        number = number < 0 || c < '0' || c > '9' ? -1 : number * 10 + (c - '0');
    return number;
}

// "HTTP/1.0 200 OK": -1 when it is none.
long read_status(std::string_view line) {
    line = trim(line);
    if (!line.starts_with("HTTP/1.") || line.size() < 12 || line[8] != ' ' || (line.size() > 12 && line[12] != ' '))
        return -1;
    return read_number(line.substr(9, 3));
}

struct Answer {
    long status = -1; // -1: no HTTP
    bool complete = false;
    std::string_view location;
    std::string_view body;
};

// The head has come, without an empty line at its end, and some of the body.
Answer read_answer(std::string_view head, std::string_view body, bool over) {
    const auto next_line = [&] {
        const std::size_t eol = head.find('\n');
        const std::string_view line = head.substr(0, eol);
        head.remove_prefix(eol == std::string_view::npos ? head.size() : eol + 1);
        return line;
    };
    Answer answer;
    answer.status = read_status(next_line());
    answer.complete = over || body.size() >= max_http_body || answer.status == 204 || answer.status == 304;
    while (!head.empty()) {
        const std::string_view line = next_line();
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos)
            continue;
        const std::string_view name = line.substr(0, colon), value = trim(line.substr(colon + 1));
        if (same_word(name, "Location"))
            answer.location = value;
        else if (same_word(name, "Content-Length"))
            answer.complete |= read_number(value) >= 0 && static_cast<std::size_t>(read_number(value)) <= body.size();
        else if (same_word(name, "Transfer-Encoding")) // the last chunk is empty
            answer.complete |= body.starts_with("0\r\n\r\n") || body.ends_with("\r\n0\r\n\r\n");
    }
    answer.body = body.substr(0, max_http_body);
    return answer;
}

bool could_begin_answer(std::string_view bytes) {
    return std::string_view("HTTP/1.").starts_with(bytes.substr(0, 7));
}

bool is_redirect(long status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// HOST or HOST:PORT, where a host with colons has brackets. False when it is neither.
bool read_authority(std::string_view text, HttpTarget& to) {
    text.remove_prefix(text.rfind('@') + 1); // a user's name and password
    const std::size_t bracket = text.find(']');
    const std::size_t colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
    to.host = text.starts_with('[') ? text.substr(1, bracket - 1) : text.substr(0, colon);
    to.port = to.tls ? 443 : 80;
    if (colon == std::string_view::npos || colon + 1 == text.size())
        return true;
    const long port = read_number(text.substr(colon + 1));
    to.port = static_cast<std::uint16_t>(port);
    return port > 0 && port < 65536;
}

std::string resolve_path(std::string_view location, std::string_view from) {
    if (location.starts_with('/'))
        return std::string(location);
    from = from.substr(0, from.find_first_of("?#"));
    if (location.empty() || location.starts_with('?'))
        return std::string(from.empty() ? "/" : from).append(location);
    return std::string(from.substr(0, from.rfind('/') + 1)).append(location);
}

// Where a redirect leads; false: to another host, or over something that is not HTTP.
bool redirect(std::string_view location, const HttpTarget& from, HttpTarget& to) {
    to = from;
    const std::size_t slashes = location.find("//");
    if (slashes == 0 || (slashes != std::string_view::npos && location.substr(0, slashes).ends_with(':') &&
                         location.find_first_of("/?#") == slashes)) {
        if (slashes != 0) {
            const std::string_view scheme = location.substr(0, slashes - 1);
            to.tls = same_word(scheme, "https");
            if (!to.tls && !same_word(scheme, "http"))
                return false;
            to.host_header.clear();
        }
        location.remove_prefix(slashes + 2);
        const std::string_view server = location.substr(0, location.find_first_of("/?#"));
        if (!read_authority(server, to) || !same_word(to.host, from.host))
            return false;
        location.remove_prefix(server.size());
        to.path = "/";
    }
    to.path = resolve_path(location, to.path);
    return true;
}

} // namespace

std::string join_host_port(std::string_view host, std::uint16_t port) {
    const bool brackets = host.find(':') != std::string_view::npos;
    std::string out(brackets ? "[" : "");
    return out.append(host).append(brackets ? "]:" : ":").append(std::to_string(port));
}

std::string url_of(const HttpTarget& target) {
    std::string out(target.tls ? "https://" : "http://");
    return out.append(join_host_port(target.host, target.port)).append(target.path);
}

std::string host_header(const spec::HttpGetAction& get) {
    for (const spec::HttpHeader& header : get.http_headers)
        if (same_word(header.name, "Host"))
            return header.value;
    return {};
}

std::string http_headers(const spec::HttpGetAction& get, Asker asker) {
    bool has_agent = false;
    bool has_accept = false;
    std::string headers;
    for (const spec::HttpHeader& header : get.http_headers) {
        if (same_word(header.name, "Host"))
            continue;
        const bool is_agent = same_word(header.name, "User-Agent");
        const bool is_accept = same_word(header.name, "Accept");
        has_agent |= is_agent;
        has_accept |= is_accept;
        if (!header.value.empty() || !(is_agent || is_accept))
            add_header(headers, header.name, header.value);
    }
    if (!has_agent)
        headers.append(asker == Asker::Probe ? "User-Agent: kube-probe/" : "User-Agent: kube-lifecycle/")
            .append(kubernetes_version)
            .append("\r\n");
    if (!has_accept)
        add_header(headers, "Accept", "*/*");
    return headers;
}

std::string http_request(const HttpTarget& target, std::string_view headers) {
    std::string request = target.path.starts_with('/') ? "GET " : "GET /";
    for (const char c : std::string_view(target.path).substr(0, target.path.find('#'))) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte > ' ' && byte < 0x7f && std::string_view("\"<>\\^`{|}").find(c) == std::string_view::npos) {
            request += c;
            continue;
        }
        constexpr std::string_view digits = "0123456789ABCDEF";
        request += '%';
        request += digits[byte >> 4];
        request += digits[byte & 15];
    }
    request += " HTTP/1.1\r\n";
    add_header(request, "Host",
               target.host_header.empty() ? join_host_port(target.host, target.port) : target.host_header);
    return request.append(headers).append("Connection: close\r\n\r\n");
}

HttpVerdict judge_http(std::string_view answer, bool over, const HttpTarget& asked, int requests, Asker asker) {
    using Kind = HttpVerdict::Kind;
    HttpVerdict verdict;
    const auto failed = [&](std::string_view words) {
        verdict.kind = Kind::Failure;
        verdict.words = words;
    };
    Answer read;
    std::string_view rest = answer;
    do { // "100 Continue" and its like come before the answer
        const std::size_t end = std::min(rest.find("\r\n\r\n"), rest.find("\n\n"));
        const bool cut = end == std::string_view::npos;
        const std::string_view head = rest.substr(0, end);
        if (!cut) {
            rest.remove_prefix(end + (rest[end] == '\r' ? 4 : 2));
            read = read_answer(head, rest, over);
        }
        if (answer.size() > max_http_answer || (cut ? !could_begin_answer(head) : read.status < 0))
            return failed("malformed HTTP response"), verdict;
        if (cut && over)
            failed("EOF");
        if (cut)
            return verdict;
    } while (read.status < 200);
    if (is_redirect(read.status) && !read.location.empty() && redirect(read.location, asked, verdict.next)) {
        verdict.kind = Kind::Redirect;
        if (requests >= max_http_requests)
            failed("stopped after 10 redirects");
    } else if (!read.complete) {
        return verdict;
    } else if (asker == Asker::Hook || read.status < 300) { // a hook needs an answer, whatever it is
        verdict.kind = Kind::Success;
    } else if (read.status < 400) {
        verdict.kind = Kind::Warning;
        verdict.words.append("Probe terminated redirects, Response body: ").append(read.body);
    } else {
        failed("HTTP probe failed with statuscode: ");
        verdict.words += std::to_string(read.status);
    }
    return verdict;
}

} // namespace initd
