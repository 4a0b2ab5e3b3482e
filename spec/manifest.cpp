// SPDX-License-Identifier: Apache-2.0
#include "spec/manifest.hpp"

#include "spec/manifest_parts.hpp"
#include "spec/names.hpp"
#include "spec/pod_fields.hpp"
#include "spec/rules.hpp"
#include "spec/uid.hpp"
#include "spec/unhonoured.hpp"

#include <algorithm>
#include <cstddef>

namespace spec {

void write_canonical(Manifest& manifest, std::size_t bytes) {
    Pod& pod = manifest.pod;
    manifest.text.reserve(bytes + bytes / 3 + 512); // with the defaults
    const std::size_t metadata_end = write_pod(manifest.text, pod);
    if (manifest.text.capacity() > manifest.text.size() + manifest.text.size() / 4)
        manifest.text.shrink_to_fit(); // it is kept as long as the pod
    if (!pod.metadata.uid.empty())
        return;
    const auto uid = uid_of(manifest.text);
    pod.metadata.uid.assign(uid.data(), uid.size());
    constexpr std::string_view field = R"(,"uid":"00000000-0000-0000-0000-000000000000")";
    manifest.text.insert(metadata_end, field);
    std::ranges::copy(uid, manifest.text.begin() + static_cast<std::ptrdiff_t>(metadata_end + field.find('0')));
}

std::expected<Manifest, Problems> read_pod(const json::Node& root, std::size_t bytes) {
    fields::Reader reader{.root = root};
    if (!is_pod(reader, root))
        return std::unexpected(std::move(reader.problems));
    std::expected<Manifest, Problems> manifest;
    Pod& pod = manifest->pod;
    reader.read(root, pod_type, &pod);
    apply_defaults(pod);
    validate(pod, reader.problems);
    if (has_errors(reader.problems))
        return std::unexpected(std::move(reader.problems));
    warn_unhonoured(pod, reader.problems);
    manifest->warnings = std::move(reader.problems);
    write_canonical(*manifest, bytes);
    if (manifest->text.size() > max_manifest_bytes) // it must be readable again
        return std::unexpected(Problems{{.message = "longer than 10 MiB with its defaults"}});
    return manifest;
}

std::expected<Manifest, Problems> read_manifest(std::string_view json) noexcept try {
    const auto document = json::parse(json, max_manifest_bytes);
    if (!document)
        return std::unexpected(document.error());
    return read_pod(document->root(), json.size());
} catch (const std::exception&) {
    return std::unexpected(json::out_of_memory());
}

std::expected<Pod, Problems> read_canonical(std::string_view text) noexcept try {
    const auto document = json::parse(text, 2 * max_manifest_bytes); // defaults may have made it longer
    if (!document)
        return std::unexpected(document.error());
    fields::Reader reader{.root = document->root(), .mode = fields::Mode::Output};
    Pod pod;
    reader.read(document->root(), pod_type, &pod);
    if (has_errors(reader.problems))
        return std::unexpected(std::move(reader.problems));
    return pod;
} catch (const std::exception&) {
    return std::unexpected(json::out_of_memory());
}

std::string full_name(const ObjectMeta& metadata) {
    return metadata.namespace_ + '/' + metadata.name;
}

const std::string* find(const StringMap& map, std::string_view key) noexcept {
    const auto at = std::ranges::find(map, key, &StringMap::value_type::first);
    return at == map.end() ? nullptr : &at->second;
}

} // namespace spec
