// SPDX-License-Identifier: Apache-2.0
#include "initd/get/lookup.hpp"

#include "initd/files.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <cstring>
#include <netdb.h>
#include <resolv.h>

namespace initd {

namespace {

constexpr std::size_t max_hosts_file = 1 << 20;
constexpr int max_answer = 65535; // over TCP, when UDP's answer was cut

in6_addr mapped(const unsigned char* v4) {
    in6_addr address{};
    address.s6_addr[10] = address.s6_addr[11] = 0xff;
    std::memcpy(address.s6_addr + 12, v4, 4);
    return address;
}

bool same_name(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::ranges::equal(a, b, {}, lower, lower);
}

// The next word of a line, taken out of it; empty at its end.
std::string_view take_word(std::string_view& line) {
    line.remove_prefix(std::min(line.find_first_not_of(" \t\r"), line.size()));
    const std::string_view word = line.substr(0, line.find_first_of(" \t\r"));
    line.remove_prefix(word.size());
    return word;
}

// Appends the addresses of one record type. False: there is no such name, or nobody said so.
bool ask_dns(const std::string& host, ns_type type, Addresses& out) {
    std::vector<unsigned char> answer(max_answer);
    const int size = res_search(host.c_str(), ns_c_in, type, answer.data(), max_answer);
    ns_msg message;
    if (size < 0 || ns_initparse(answer.data(), size, &message) != 0)
        return h_errno == NO_DATA;
    for (int i = 0; i < ns_msg_count(message, ns_s_an); ++i) {
        ns_rr record;
        if (ns_parserr(&message, ns_s_an, i, &record) != 0 || ns_rr_type(record) != type) // a CNAME on the way
            continue;
        if (type == ns_t_a && ns_rr_rdlen(record) == 4)
            out.push_back(mapped(ns_rr_rdata(record)));
        in6_addr address;
        if (type == ns_t_aaaa && ns_rr_rdlen(record) == sizeof address) {
            std::memcpy(&address, ns_rr_rdata(record), sizeof address);
            out.push_back(address);
        }
    }
    return true;
}

} // namespace

bool read_address(const std::string& text, in6_addr& address) {
    if (inet_pton(AF_INET6, text.c_str(), &address) == 1)
        return true;
    in_addr v4;
    if (inet_pton(AF_INET, text.c_str(), &v4) != 1)
        return false;
    address = mapped(reinterpret_cast<const unsigned char*>(&v4));
    return true;
}

Addresses look_up_in(std::string_view hosts_file, std::string_view host) {
    Addresses found;
    while (!hosts_file.empty()) {
        const std::size_t eol = std::min(hosts_file.find('\n'), hosts_file.size());
        std::string_view line = hosts_file.substr(0, eol);
        line = line.substr(0, line.find('#'));
        hosts_file.remove_prefix(std::min(eol + 1, hosts_file.size()));
        in6_addr address;
        if (!read_address(std::string(take_word(line)), address))
            continue;
        for (std::string_view name = take_word(line); !name.empty(); name = take_word(line))
            if (same_name(name, host)) {
                found.push_back(address);
                break;
            }
    }
    return found;
}

Addresses look_up(const std::string& host, std::string& error) {
    Addresses found(1);
    if (read_address(host, found.front()))
        return found;
    const auto hosts = read_file("/etc/hosts", max_hosts_file);
    found = look_up_in(hosts ? *hosts : "127.0.0.1 localhost", host);
    Addresses v4;
    if (found.empty() && ask_dns(host, ns_t_a, v4)) // some servers know nothing of the other kind
        ask_dns(host, ns_t_aaaa, found);
    found.insert(found.end(), v4.begin(), v4.end());
    if (found.empty())
        error = "lookup " + host + (h_errno == TRY_AGAIN ? ": server misbehaving" : ": no such host");
    return found;
}

} // namespace initd
