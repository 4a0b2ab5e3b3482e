// SPDX-License-Identifier: Apache-2.0
#include "spec/object.hpp"

#include "spec/checker.hpp"
#include "spec/kinds.hpp"
#include "spec/local_data.hpp"
#include "spec/manifest_parts.hpp"
#include "spec/pod_fields.hpp"
#include "spec/uid.hpp"
#include "spec/unhonoured.hpp"
#include "spec/workload.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace spec {

namespace {

using json::Node;
using Result = std::expected<Object, Problems>;

// `value` is a struct of the object's kind, and `metadata` a member of it: the object gets both.
void finish(fields::Reader& reader, Object& object, ObjectMeta& metadata, const void* value) {
    if (metadata.uid.empty()) {
        const auto uid = uid_of(object.resource + '/' + full_name(metadata)); // it stays when the content changes
        metadata.uid.assign(uid.data(), uid.size());
    }
    object.metadata = metadata;
    fields::write(object.text, *type_of(object.kind), value);
    if (object.text.size() > max_manifest_bytes) // it must be readable again
        fields::add_problem(reader.problems, {.message = "longer than 10 MiB with its defaults"});
}

void read_local(fields::Reader& reader, Object& object) {
    LocalData value;
    reader.read(reader.root, *type_of(object.kind), &value);
    apply_defaults(value.metadata);
    apply_defaults(value);
    const Path root;
    validate_metadata(value.metadata, reader.problems, root.child("metadata"));
    validate(value, reader.problems);
    if (has_errors(reader.problems))
        return;
    warn_unhonoured(value, reader.problems);
    finish(reader, object, value.metadata, &value);
    object.data = std::move(value.data);
    std::ranges::move(value.binary_data, std::back_inserter(object.data));
    std::ranges::sort(object.data);
}

constexpr std::string_view template_pointer = "/spec/template";

// The warnings of the template, as they are for each of its pods.
Problems template_warnings(const Problems& problems) {
    Problems warnings;
    for (const Problem& problem : problems) {
        if (!problem.pointer.starts_with(std::string(template_pointer) + "/spec/"))
            continue;
        warnings.push_back(problem);
        warnings.back().pointer.erase(0, template_pointer.size());
    }
    return warnings;
}

void read_workload(fields::Reader& reader, Object& object) {
    Workload value;
    value.spec.pod_template.metadata.namespace_.clear(); // none of its own
    reader.read(reader.root, *type_of(object.kind), &value);
    drop_names(value.spec.pod_template.metadata, reader.problems);
    apply_defaults(value, object.kind);
    validate(value, object.kind, reader.problems);
    if (has_errors(reader.problems))
        return;
    warn_unhonoured(value, object.kind, reader.problems);
    warn_unhonoured(value.spec.pod_template, reader.problems, template_pointer);
    finish(reader, object, value.metadata, &value);
    object.pods = make_pods(value, object.kind, template_warnings(reader.problems), reader.problems);
}

// Nothing more is judged of what is not kept than that it can be told of by its name.
void read_ignored(fields::Reader& reader, Object& object, std::string_view why) {
    const Node* metadata = json::find(reader.root, "metadata");
    if (!metadata || metadata->kind != json::Kind::Object)
        return reader.error(metadata ? *metadata : reader.root, "metadata must be an object with a name");
    object.metadata.namespace_.clear();
    for (const auto& [key, member] : {std::pair{std::string_view("name"), &object.metadata.name},
                                      std::pair{std::string_view("namespace"), &object.metadata.namespace_}}) {
        const Node* value = json::find(*metadata, key);
        if (value && value->kind != json::Kind::Null)
            reader.read(*value, *member);
    }
    const std::string& name = object.metadata.name;
    const bool sane =
        !name.empty() && name.size() <= 253 && name != "." && name != ".." &&
        name.find_first_of("/%") == std::string::npos &&
        std::ranges::none_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    const Checker check(reader.problems);
    const Path root;
    const Path path = root.child("metadata");
    if (!sane)
        check.error(path.child("name"), "must be the name of an object: at most 253 characters without '/' and '%'");
    if (!object.metadata.namespace_.empty())
        check.dns_label(path.child("namespace"), object.metadata.namespace_);
    if (!has_errors(reader.problems))
        reader.warning(reader.root, "ignored: " + std::string(why));
}

Result read(std::string_view json) {
    const auto document = json::parse(json, max_manifest_bytes);
    if (!document)
        return std::unexpected(document.error());
    fields::Reader reader{.root = document->root()};
    auto known = recognize(reader, reader.root);
    if (!known)
        return std::unexpected(std::move(reader.problems));
    Result result;
    Object& object = *result;
    object.kind = known->kind;
    object.resource = std::move(known->resource);
    switch (object.kind) {
    case Kind::Pod: {
        auto manifest = read_pod(reader.root, json.size());
        if (!manifest)
            return std::unexpected(std::move(manifest.error()));
        object.metadata = manifest->pod.metadata;
        object.warnings = manifest->warnings;
        object.pods.push_back(std::move(*manifest));
        return result;
    }
    case Kind::ConfigMap:
    case Kind::Secret: read_local(reader, object); break;
    case Kind::DaemonSet:
    case Kind::Deployment:
    case Kind::StatefulSet: read_workload(reader, object); break;
    case Kind::Ignored: read_ignored(reader, object, known->why); break;
    }
    if (has_errors(reader.problems))
        return std::unexpected(std::move(reader.problems));
    object.warnings = std::move(reader.problems);
    return result;
}

} // namespace

std::expected<Object, Problems> read_object(std::string_view json) noexcept try {
    return read(json);
} catch (const std::exception&) {
    return std::unexpected(json::out_of_memory());
}

} // namespace spec
