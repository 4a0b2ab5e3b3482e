// SPDX-License-Identifier: Apache-2.0
// Any bytes as an object of any kind: no crash, and what is accepted has a canonical text that is read as the same
// again, as do the pods that it stands for.
#include "spec/expand.hpp"
#include "spec/image.hpp"
#include "spec/object.hpp"
#include "spec/text.hpp"
#include "spec/unhonoured.hpp"

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

void try_pod(const spec::Manifest& manifest) {
    const spec::Pod& pod = manifest.pod;
    require(!spec::has_errors(manifest.warnings));
    const auto canonical = spec::read_canonical(manifest.text);
    require(canonical && spec::full_name(canonical->metadata) == spec::full_name(pod.metadata));
    require(canonical->metadata.uid == pod.metadata.uid && !pod.metadata.uid.empty());
    require(canonical->spec.containers.size() == pod.spec.containers.size() && !pod.spec.containers.empty());
    for (std::size_t i = 0; i < pod.spec.containers.size(); ++i)
        require(spec::unhonoured(pod, i) == spec::unhonoured(*canonical, i));
    spec::StringMap env;
    for (const spec::EnvVar& var : pod.spec.containers.front().env)
        env.emplace_back(var.name,
                         spec::expand(var.value, [&](std::string_view name) { return spec::find(env, name); }));
    // As a Pod of its own it has no owner, and is the same but for that.
    const auto again = spec::read_manifest(manifest.text);
    require(again && spec::full_name(again->pod.metadata) == spec::full_name(pod.metadata));
    if (pod.metadata.owner_references.empty())
        require(again->text == manifest.text);
}

void try_object(std::string_view text) {
    const auto object = spec::read_object(text);
    if (!object)
        return require(spec::has_errors(object.error()));
    require(!spec::has_errors(object->warnings) && !object->metadata.name.empty());
    for (const spec::Manifest& manifest : object->pods)
        try_pod(manifest);
    if (object->kind == spec::Kind::Ignored)
        return require(object->pods.empty() && object->text.empty());
    require(!object->metadata.uid.empty());
    const std::string& canonical = object->kind == spec::Kind::Pod ? object->pods.at(0).text : object->text;
    for (const std::string& same : {canonical, spec::pretty_json(canonical)}) {
        const auto again = spec::read_object(same);
        require(again && again->kind == object->kind && again->data == object->data);
        require(again->text == object->text && again->pods.size() == object->pods.size());
        for (std::size_t i = 0; i < object->pods.size(); ++i)
            require(again->pods[i].text == object->pods[i].text);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    try_object(text);
    if (const auto items = spec::list_items(text))
        for (const std::string& item : *items)
            if (item != text)
                try_object(item);
    if (const auto image = spec::read_image_config(text); !image)
        require(spec::has_errors(image.error()));
    return 0;
}
