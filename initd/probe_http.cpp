// SPDX-License-Identifier: Apache-2.0
#include "initd/probe_http.hpp"

#include <algorithm>

namespace initd {

namespace {

constexpr std::string_view kubernetes_version = "1.36";

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_word(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, lower, lower);
}

void add_header(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
        text.remove_suffix(1);
    return text;
}

// "HTTP/1.0 200 OK": 0 when it is none.
int read_status(std::string_view line) {
    if (!line.starts_with("HTTP/1.") || line.size() < 12 || line[8] != ' ')
        return 0;
    int status = 0;
    for (const char c : line.substr(9, 3)) {
        if (c < '0' || c > '9')
            return 0;
        status = status * 10 + (c - '0');
    }
    return line.size() == 12 || line[12] == ' ' || line[12] == '\r' ? status : 0;
}

} // namespace

std::string http_request(const spec::HttpGetAction& get, std::string_view authority, std::string_view path,
                         Asker asker) {
    const std::string agent =
        std::string(asker == Asker::Probe ? "kube-probe/" : "kube-lifecycle/") + std::string(kubernetes_version);
    bool has_agent = false;
    bool has_accept = false;
    std::string_view host = authority;
    std::string headers;
    for (const spec::HttpHeader& header : get.http_headers) {
        if (same_word(header.name, "Host")) {
            host = header.value;
            continue;
        }
        const bool is_agent = same_word(header.name, "User-Agent");
        const bool is_accept = same_word(header.name, "Accept");
        has_agent |= is_agent;
        has_accept |= is_accept;
        if (!header.value.empty() || !(is_agent || is_accept))
            add_header(headers, header.name, header.value);
    }
    std::string request = "GET ";
    request.append(path.starts_with('/') ? "" : "/").append(path).append(" HTTP/1.1\r\n");
    add_header(request, "Host", host);
    if (!has_agent)
        add_header(request, "User-Agent", agent);
    if (!has_accept)
        add_header(request, "Accept", "*/*");
    request += headers;
    add_header(request, "Connection", "close");
    return request += "\r\n";
}

HttpRead read_http_head(std::string_view bytes, HttpAnswer& answer) {
    const std::size_t end = std::min(bytes.find("\r\n\r\n"), bytes.find("\n\n"));
    if (end == std::string_view::npos) {
        const std::string_view start = bytes.substr(0, 7);
        const bool plausible = std::string_view("HTTP/1.").starts_with(start);
        return plausible && bytes.size() < max_http_head ? HttpRead::More : HttpRead::Bad;
    }
    std::string_view head = bytes.substr(0, end);
    const auto next_line = [&] {
        const std::size_t eol = head.find('\n');
        const std::string_view line = head.substr(0, eol);
        head.remove_prefix(eol == std::string_view::npos ? head.size() : eol + 1);
        return line;
    };
    answer = {};
    answer.status = read_status(next_line());
    if (answer.status == 0)
        return HttpRead::Bad;
    while (!head.empty()) {
        const std::string_view line = next_line();
        const std::size_t colon = line.find(':');
        if (colon != std::string_view::npos && same_word(line.substr(0, colon), "Location"))
            answer.location = trim(line.substr(colon + 1));
    }
    return HttpRead::Done;
}

std::optional<std::string> redirect_path(std::string_view location, std::string_view authority, std::string_view from) {
    if (location.starts_with("http://")) {
        location.remove_prefix(7);
        const std::string_view host = location.substr(0, location.find_first_of("/?#"));
        if (!same_word(host, authority))
            return std::nullopt;
        location.remove_prefix(host.size());
    } else if (location.starts_with("//") || location.find("://") != std::string_view::npos) {
        return std::nullopt;
    }
    location = location.substr(0, location.find('#'));
    if (location.starts_with('/'))
        return std::string(location);
    from = from.substr(0, from.find('?'));
    if (location.empty())
        return std::string(from.empty() ? "/" : from);
    if (location.starts_with('?'))
        return std::string(from).append(location);
    const std::size_t slash = from.rfind('/');
    return std::string(from.substr(0, slash == std::string_view::npos ? 0 : slash)).append("/").append(location);
}

} // namespace initd
