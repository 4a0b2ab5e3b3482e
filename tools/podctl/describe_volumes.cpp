// SPDX-License-Identifier: Apache-2.0
#include "tools/podctl/describe_parts.hpp"

namespace ctl::describing {

namespace {

std::string_view type_text(spec::HostPathType type) {
    switch (type) {
    case spec::HostPathType::Unset: return "";
    case spec::HostPathType::DirectoryOrCreate: return "DirectoryOrCreate";
    case spec::HostPathType::Directory: return "Directory";
    case spec::HostPathType::FileOrCreate: return "FileOrCreate";
    case spec::HostPathType::File: return "File";
    case spec::HostPathType::Socket: return "Socket";
    case spec::HostPathType::CharDevice: return "CharDevice";
    case spec::HostPathType::BlockDevice: return "BlockDevice";
    }
    return "";
}

void host_path(Writer& out, const spec::HostPathVolume& volume) {
    out.line(2, {"Type:\tHostPath (bare host directory volume)"});
    out.line(2, {"Path:\t", volume.path});
    out.line(2, {"HostPathType:\t", or_none(type_text(volume.type.value_or(spec::HostPathType::Unset)))});
}

void empty_dir(Writer& out, const spec::EmptyDirVolume& volume) {
    out.line(2, {"Type:\tEmptyDir (a temporary directory that shares a pod's lifetime)"});
    out.line(2, {"Medium:\t", volume.medium});
    out.line(2, {"SizeLimit:\t", volume.size_limit.empty() ? "<unset>" : volume.size_limit});
}

void projected(Writer& out, const spec::ProjectedVolume& volume) {
    out.line(2, {"Type:\tProjected (a volume that contains injected data from multiple sources)"});
    for (const spec::VolumeProjection& source : volume.sources) {
        if (source.secret) {
            out.line(2, {"SecretName:\t", source.secret->name});
            out.line(2, {"Optional:\t", true_or_false(source.secret->optional)});
        } else if (source.config_map) {
            out.line(2, {"ConfigMapName:\t", source.config_map->name});
            out.line(2, {"Optional:\t", true_or_false(source.config_map->optional)});
        } else if (source.downward_api) {
            out.line(2, {"DownwardAPI:\ttrue"});
        }
    }
}

void downward_api(Writer& out, const spec::DownwardVolume& volume) {
    out.line(2, {"Type:\tDownwardAPI (a volume populated by information about the pod)"});
    out.line(2, {"Items:"});
    for (const spec::DownwardFile& file : volume.items) {
        const std::string_view of = file.field_ref            ? file.field_ref->field_path
                                    : file.resource_field_ref ? std::string_view(file.resource_field_ref->resource)
                                                              : "";
        out.line(3, {of, " -> ", file.path});
    }
}

} // namespace

void volumes(Writer& out, const std::vector<spec::Volume>& list, Where where) {
    const bool in_template = where == Where::Template;
    out.line(in_template ? 1 : 0, {"Volumes:", list.empty() ? "\t<none>" : ""});
    for (const spec::Volume& volume : list) {
        out.line(1, {in_template ? " " : "", volume.name, ":"});
        if (volume.host_path) {
            host_path(out, *volume.host_path);
        } else if (volume.empty_dir) {
            empty_dir(out, *volume.empty_dir);
        } else if (volume.config_map) {
            out.line(2, {"Type:\tConfigMap (a volume populated by a ConfigMap)"});
            out.line(2, {"Name:\t", volume.config_map->name});
            out.line(2, {"Optional:\t", true_or_false(volume.config_map->optional)});
        } else if (volume.secret) {
            out.line(2, {"Type:\tSecret (a volume populated by a Secret)"});
            out.line(2, {"SecretName:\t", volume.secret->name});
            out.line(2, {"Optional:\t", true_or_false(volume.secret->optional)});
        } else if (volume.projected) {
            projected(out, *volume.projected);
        } else if (volume.downward_api) {
            downward_api(out, *volume.downward_api);
        }
    }
}

} // namespace ctl::describing
