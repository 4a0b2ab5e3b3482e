// SPDX-License-Identifier: Apache-2.0
// Any bytes as a manifest: no crash, and what is accepted has a canonical text that is read as the same again.
#include "spec/expand.hpp"
#include "spec/image.hpp"
#include "spec/manifest.hpp"
#include "spec/text.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

void require(bool holds) {
    if (!holds)
        std::abort();
}

void try_manifest(std::string_view text) {
    const auto manifest = spec::read_manifest(text);
    if (!manifest)
        return require(spec::has_errors(manifest.error()));
    require(!spec::has_errors(manifest->warnings));
    const auto again = spec::read_manifest(manifest->text);
    require(again && again->text == manifest->text);
    const auto canonical = spec::read_canonical(manifest->text);
    require(canonical && spec::full_name(canonical->metadata) == spec::full_name(manifest->pod.metadata));
    require(canonical->spec.containers.size() == manifest->pod.spec.containers.size());
    const auto& container = canonical->spec.containers.front();
    spec::StringMap env;
    for (const spec::EnvVar& var : container.env)
        env.emplace_back(var.name,
                         spec::expand(var.value, [&](std::string_view name) { return spec::find(env, name); }));
    const auto pretty = spec::read_manifest(spec::pretty_json(manifest->text));
    require(pretty && pretty->text == manifest->text);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    try_manifest(text);
    if (const auto items = spec::list_items(text))
        for (const std::string& item : *items)
            try_manifest(item);
    if (const auto image = spec::read_image_config(text); !image)
        require(spec::has_errors(image.error()));
    return 0;
}
