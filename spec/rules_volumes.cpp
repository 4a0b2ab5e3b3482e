// SPDX-License-Identifier: Apache-2.0
#include "spec/names.hpp"
#include "spec/rules_parts.hpp"
#include "spec/unique.hpp"

#include <algorithm>

namespace spec {

namespace {

void check_host_path(const Checker& check, const HostPathVolume& volume, const Path& path) {
    const Path at = path.child("path");
    if (!check.given(at, volume.path))
        return;
    if (volume.path.front() != '/') // the API server leaves this to the runtime, which cannot mount it
        check.error(at, "must be an absolute path");
    else if (has_dot_dot(volume.path))
        check.error(at, "must not contain '..'");
}

// The kubelet fails to mount any other medium.
void check_empty_dir(const Checker& check, const EmptyDirVolume& volume, const Path& path) {
    const std::string& medium = volume.medium;
    if (!medium.empty() && medium != "Memory" && medium != "HugePages" && !medium.starts_with("HugePages-"))
        check.error(path.child("medium"), "unsupported value " + quoted(medium) +
                                              R"(; supported values: "", "Memory", "HugePages", "HugePages-SIZE")");
    if (volume.size_limit.starts_with('-'))
        check.error(path.child("sizeLimit"), "must be greater than or equal to 0");
}

void check_items(const Checker& check, const std::vector<KeyToPath>& items, const Path& path) {
    for (std::size_t i = 0; i < items.size(); ++i) {
        const Path at = path.child("items", i);
        check.given(at.child("key"), items[i].key);
        check.local_file(at.child("path"), items[i].path);
        check.mode(at.child("mode"), items[i].mode);
    }
}

// `name_field` is "name" or "secretName".
void check_object(const Checker& check, const ObjectVolume& volume, const Path& path, std::string_view name_field) {
    check.given(path.child(name_field), volume.name);
    check.mode(path.child("defaultMode"), volume.default_mode);
    check_items(check, volume.items, path);
}

void check_downward(const PodChecker& check, const DownwardVolume& volume, const Path& path) {
    check.mode(path.child("defaultMode"), volume.default_mode);
    for (std::size_t i = 0; i < volume.items.size(); ++i) {
        const DownwardFile& file = volume.items[i];
        const Path at = path.child("items", i);
        check.local_file(at.child("path"), file.path);
        check.mode(at.child("mode"), file.mode);
        check.one_of(at, file.field_ref.has_value() + file.resource_field_ref.has_value(),
                     "fieldRef, resourceFieldRef");
        if (file.field_ref)
            check_field_ref(check, *file.field_ref, at.child("fieldRef"), In::Volume);
        if (file.resource_field_ref)
            check_resource_ref(check, *file.resource_field_ref, at.child("resourceFieldRef"), In::Volume);
    }
}

// No two sources may write the same file.
void check_unique_files(const Checker& check, const ProjectedVolume& volume, const Path& path) {
    struct File {
        std::string_view path;
        std::size_t source;
        std::string_view member;
        std::size_t item;
    };
    std::vector<File> files;
    const auto add = [&](std::size_t source, std::string_view member, const auto& items) {
        for (std::size_t i = 0; i < items.size(); ++i)
            files.push_back({items[i].path, source, member, i});
    };
    for (std::size_t i = 0; i < volume.sources.size(); ++i) {
        const VolumeProjection& source = volume.sources[i];
        if (source.config_map)
            add(i, "configMap", source.config_map->items);
        if (source.secret)
            add(i, "secret", source.secret->items);
        if (source.downward_api)
            add(i, "downwardAPI", source.downward_api->items);
    }
    for_each_duplicate(
        files, [](const File& file) { return file.path; },
        [&](std::size_t i) {
            const Path source = path.child("sources", files[i].source);
            const Path member = source.child(files[i].member);
            check.error(member.child("items", files[i].item, "path"),
                        "conflicting duplicate path " + quoted(files[i].path));
        });
}

void check_projected(const PodChecker& check, const ProjectedVolume& volume, const Path& path) {
    check.mode(path.child("defaultMode"), volume.default_mode);
    for (std::size_t i = 0; i < volume.sources.size(); ++i) {
        const VolumeProjection& source = volume.sources[i];
        const Path at = path.child("sources", i);
        if (source.config_map.has_value() + source.secret.has_value() + source.downward_api.has_value() > 1)
            check.error(at, "may not specify more than 1 volume type");
        if (source.config_map)
            check_object(check, *source.config_map, at.child("configMap"), "name");
        if (source.secret)
            check_object(check, *source.secret, at.child("secret"), "name");
        if (source.downward_api)
            check_downward(check, *source.downward_api, at.child("downwardAPI"));
    }
    check_unique_files(check, volume, path);
}

void check_volume(const PodChecker& check, const Volume& volume, const Path& path) {
    check.dns_label(path.child("name"), volume.name);
    if (volume.host_path.has_value() + volume.empty_dir.has_value() + volume.config_map.has_value() +
            volume.secret.has_value() + volume.downward_api.has_value() + volume.projected.has_value() >
        1)
        check.error(path, "may not specify more than 1 volume type");
    if (volume.host_path)
        check_host_path(check, *volume.host_path, path.child("hostPath"));
    if (volume.empty_dir)
        check_empty_dir(check, *volume.empty_dir, path.child("emptyDir"));
    if (volume.config_map)
        check_object(check, *volume.config_map, path.child("configMap"), "name");
    if (volume.secret)
        check_object(check, *volume.secret, path.child("secret"), "secretName");
    if (volume.downward_api)
        check_downward(check, *volume.downward_api, path.child("downwardAPI"));
    if (volume.projected)
        check_projected(check, *volume.projected, path.child("projected"));
}

} // namespace

void check_volumes(const PodChecker& check, const Path& path) {
    const std::vector<Volume>& volumes = check.spec.volumes;
    for (std::size_t i = 0; i < volumes.size(); ++i)
        check_volume(check, volumes[i], path.child("volumes", i));
    for_each_duplicate(
        volumes, [](const Volume& volume) -> const std::string& { return volume.name; },
        [&](std::size_t i) { check.duplicate(path.child("volumes", i, "name"), volumes[i].name); });
}

} // namespace spec
