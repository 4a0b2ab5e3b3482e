// SPDX-License-Identifier: Apache-2.0
// The syntax of Kubernetes names (k8s.io/apimachinery/pkg/util/validation), and words for messages.
// Internal to spec.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace spec {

bool is_dns_label(std::string_view name) noexcept;     // DNS-1123 label: at most 63 of [a-z0-9-]
bool is_dns_subdomain(std::string_view name) noexcept; // DNS-1123 subdomain: labels with dots, at most 253
bool is_label_key(std::string_view key) noexcept;      // [SUBDOMAIN/]NAME
bool is_label_value(std::string_view value) noexcept;  // empty, or as NAME: at most 63 of [A-Za-z0-9._-]
bool is_env_name(std::string_view name) noexcept;      // printable ASCII without "="
bool is_port_name(std::string_view name) noexcept;     // IANA service name: at most 15, a letter in it

bool is_config_key(std::string_view key) noexcept;     // of a ConfigMap or Secret: a file's name of [-._a-zA-Z0-9]
bool is_header_name(std::string_view name) noexcept;   // of HTTP: letters, digits and "-"
bool is_search_domain(std::string_view name) noexcept; // subdomain with "_", perhaps with a dot at its end, or "."
bool is_sysctl_name(std::string_view name) noexcept;   // parts of [a-z0-9_-] between "." or "/"
bool is_signal_name(std::string_view name) noexcept;   // of Linux: "SIGTERM", "SIGRTMIN+3"
bool is_ip_address(const std::string& text) noexcept;  // IPv4 in four decimal parts, or IPv6 without a zone

// Does a slash-separated path have an element ".."?
bool has_dot_dot(std::string_view path) noexcept;

// `text` in double quotes as JSON writes it: safe on a terminal. Long text is cut.
std::string quoted(std::string_view text);

// The Levenshtein distance, letters' case disregarded; `limit` when it is that or more.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit);

} // namespace spec
