// SPDX-License-Identifier: Apache-2.0
#include "spec/image.hpp"

#include "spec/fields.hpp"
#include "spec/manifest.hpp"

#include <algorithm>

namespace spec {

template <>
inline constexpr auto fields::rows_of<ImageConfig> = std::array{
    field<&ImageConfig::cmd>("Cmd"),   field<&ImageConfig::entrypoint>("Entrypoint"),
    field<&ImageConfig::env>("Env"),   field<&ImageConfig::stop_signal>("StopSignal"),
    field<&ImageConfig::user>("User"), field<&ImageConfig::working_dir>("WorkingDir"),
};

namespace {

bool is_lower_alnum(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}
bool is_alnum(char c) {
    return is_lower_alnum(c) || (c >= 'A' && c <= 'Z');
}
bool is_separator(char c) {
    return c == '.' || c == '_' || c == '-';
}

// "myapp", "registry.k8s.io", "my_app-2"
bool is_component(std::string_view text) {
    return !text.empty() && is_lower_alnum(text.front()) && is_lower_alnum(text.back()) &&
           std::ranges::all_of(text, [](char c) { return is_lower_alnum(c) || is_separator(c); });
}

bool is_tag(std::string_view text) {
    return !text.empty() && text.size() <= 128 && (is_alnum(text.front()) || text.front() == '_') &&
           std::ranges::all_of(text, [](char c) { return is_alnum(c) || is_separator(c); });
}

// "sha256:" and hexadecimal digits; at least 32 as in the reference grammar of the distribution project.
bool is_digest(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || !is_component(text.substr(0, colon)))
        return false;
    const std::string_view hex = text.substr(colon + 1);
    return hex.size() >= 32 && hex.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

// A first component with a port: "localhost:5000"
bool is_registry(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos)
        return is_component(text);
    const std::string_view port = text.substr(colon + 1);
    return is_component(text.substr(0, colon)) && !port.empty() && port.size() <= 5 &&
           port.find_first_not_of("0123456789") == std::string_view::npos;
}

} // namespace

bool valid_image_name(std::string_view name) noexcept {
    if (name.size() > 255)
        return false;
    if (const std::size_t at = name.find('@'); at != std::string_view::npos) {
        if (!is_digest(name.substr(at + 1)))
            return false;
        name = name.substr(0, at);
    }
    std::size_t slash = name.rfind('/');
    const std::size_t last = slash == std::string_view::npos ? 0 : slash + 1;
    if (const std::size_t colon = name.find(':', last); colon != std::string_view::npos) {
        if (!is_tag(name.substr(colon + 1)))
            return false;
        name = name.substr(0, colon);
    }
    slash = name.find('/');
    if (slash == std::string_view::npos)
        return is_component(name);
    if (!is_registry(name.substr(0, slash)))
        return false;
    for (;;) {
        name.remove_prefix(slash + 1);
        slash = name.find('/');
        if (!is_component(name.substr(0, slash)))
            return false;
        if (slash == std::string_view::npos)
            return true;
    }
}

std::expected<ImageConfig, Problems> read_image_config(std::string_view text) noexcept try {
    const auto document = json::parse(text, max_manifest_bytes);
    if (!document)
        return std::unexpected(document.error());
    const json::Node& root = document->root();
    const json::Node* config = json::find(root, "config");
    fields::Reader reader{.root = root, .mode = fields::Mode::Lax};
    ImageConfig image;
    if (!config)
        reader.read(root, image);
    else if (config->kind != json::Kind::Null)
        reader.read(*config, image);
    if (has_errors(reader.problems))
        return std::unexpected(std::move(reader.problems));
    return image;
} catch (const std::exception&) {
    return std::unexpected(json::out_of_memory());
}

} // namespace spec
