// SPDX-License-Identifier: Apache-2.0
#include "initd/projection.hpp"

#include "initd/references.hpp"

#include <algorithm>
#include <optional>

namespace initd {

namespace {

using spec::Kind;

class Projector {
  public:
    Projector(const spec::Pod& pod, const NodeFacts& node, const ObjectStore& objects, mode_t default_mode)
        : pod_(pod)
        , node_(node)
        , objects_(objects)
        , default_mode_(default_mode) {}

    void add(Kind kind, const spec::ObjectVolume& source);
    void add(const spec::DownwardVolume& source);
    std::expected<Projection, std::string> take();

  private:
    void file(std::string_view path, std::optional<std::int32_t> mode, std::string_view bytes);
    void fail(std::string why);

    const spec::Pod& pod_;
    const NodeFacts& node_;
    const ObjectStore& objects_;
    mode_t default_mode_;
    Projection files_;
    std::size_t bytes_ = 0;
    std::string failure_; // the first one
};

void Projector::fail(std::string why) {
    if (failure_.empty())
        failure_ = std::move(why);
}

void Projector::file(std::string_view path, std::optional<std::int32_t> mode, std::string_view bytes) {
    bytes_ += bytes.size();
    if (files_.size() >= max_projected_files)
        return fail("more than " + std::to_string(max_projected_files) + " files");
    if (bytes_ > max_projected_bytes)
        return fail("more than " + std::to_string(max_projected_bytes >> 20) + " MiB");
    files_.push_back({std::string(path), mode ? static_cast<mode_t>(*mode) : default_mode_, std::string(bytes)});
}

void Projector::add(Kind kind, const spec::ObjectVolume& source) {
    const bool optional = source.optional.value_or(false);
    const spec::StringMap* data = objects_.data(kind, pod_.metadata.namespace_, source.name);
    if (!data) {
        if (!optional)
            fail(object_not_found(kind, source.name));
        return;
    }
    if (source.items.empty())
        for (const auto& [key, bytes] : *data)
            file(key, std::nullopt, bytes);
    for (const spec::KeyToPath& item : source.items) {
        if (const std::string* bytes = find_key(*data, item.key))
            file(item.path, item.mode, *bytes);
        else if (!optional)
            fail((kind == Kind::Secret ? "references non-existent secret key: "
                                       : "configmap references non-existent config key: ") +
                 item.key);
    }
}

void Projector::add(const spec::DownwardVolume& source) {
    for (const spec::DownwardFile& item : source.items) {
        if (item.field_ref) {
            file(item.path, item.mode, field_value(*item.field_ref, pod_, node_));
        } else if (item.resource_field_ref) {
            auto value = resource_value(*item.resource_field_ref, pod_, nullptr, node_);
            if (value)
                file(item.path, item.mode, *value);
            else
                fail(std::move(value.error()));
        }
    }
}

// Of two files by one path the later counts, as in the kubelet.
std::expected<Projection, std::string> Projector::take() {
    if (!failure_.empty())
        return std::unexpected(std::move(failure_));
    std::ranges::reverse(files_);
    std::ranges::stable_sort(files_, {}, &ProjectedFile::path);
    const auto repeated = std::ranges::unique(files_, {}, &ProjectedFile::path);
    files_.erase(repeated.begin(), repeated.end());
    return std::move(files_);
}

template <class Source>
mode_t mode_of(const Source& source) {
    return static_cast<mode_t>(source.default_mode.value_or(0644));
}

} // namespace

bool is_projected(const spec::Volume& volume) noexcept {
    return volume.config_map || volume.secret || volume.downward_api || volume.projected;
}

std::expected<Projection, std::string> project(const spec::Volume& volume, const spec::Pod& pod, const NodeFacts& node,
                                               const ObjectStore& objects) {
    const mode_t mode = volume.config_map     ? mode_of(*volume.config_map)
                        : volume.secret       ? mode_of(*volume.secret)
                        : volume.downward_api ? mode_of(*volume.downward_api)
                        : volume.projected    ? mode_of(*volume.projected)
                                              : 0644;
    Projector projector(pod, node, objects, mode);
    if (volume.config_map)
        projector.add(Kind::ConfigMap, *volume.config_map);
    if (volume.secret)
        projector.add(Kind::Secret, *volume.secret);
    if (volume.downward_api)
        projector.add(*volume.downward_api);
    if (volume.projected)
        for (const spec::VolumeProjection& source : volume.projected->sources) {
            if (source.config_map)
                projector.add(Kind::ConfigMap, *source.config_map);
            if (source.secret)
                projector.add(Kind::Secret, *source.secret);
            if (source.downward_api)
                projector.add(*source.downward_api);
        }
    return projector.take();
}

bool refers_to(const spec::Volume& volume, Kind kind, std::string_view name) noexcept {
    const auto is = [&](Kind of, const auto& source) { return kind == of && source && source->name == name; };
    if (is(Kind::ConfigMap, volume.config_map) || is(Kind::Secret, volume.secret))
        return true;
    return volume.projected && std::ranges::any_of(volume.projected->sources, [&](const spec::VolumeProjection& s) {
               return is(Kind::ConfigMap, s.config_map) || is(Kind::Secret, s.secret);
           });
}

bool refers_to(const spec::Container& container, Kind kind, std::string_view name) noexcept {
    const auto is = [&](Kind of, const auto& source) { return kind == of && source && source->name == name; };
    return std::ranges::any_of(container.env_from,
                               [&](const spec::EnvFromSource& s) {
                                   return is(Kind::ConfigMap, s.config_map_ref) || is(Kind::Secret, s.secret_ref);
                               }) ||
           std::ranges::any_of(container.env, [&](const spec::EnvVar& var) {
               return var.value_from && (is(Kind::ConfigMap, var.value_from->config_map_key_ref) ||
                                         is(Kind::Secret, var.value_from->secret_key_ref));
           });
}

} // namespace initd
