// SPDX-License-Identifier: Apache-2.0
#include "spec/names.hpp"
#include "spec/rules_parts.hpp"

#include <algorithm>

namespace spec {

namespace {

constexpr std::size_t max_annotation_bytes = 256u << 10; // apimachinery: TotalAnnotationSizeLimitB

// A uid becomes part of a directory's name.
bool is_uid(std::string_view uid) {
    return uid.size() <= 128 && uid.front() != '.' && std::ranges::all_of(uid, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
                      c == '_' || c == '.';
           });
}

bool has_upper(std::string_view text) {
    return std::ranges::any_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    return out;
}

} // namespace

void check_labels(const Checker& check, const ObjectMeta& metadata, const Path& path) {
    check.labels(path.child("labels"), metadata.labels);
    const Path annotations = path.child("annotations");
    std::size_t bytes = 0;
    for (const auto& [key, value] : metadata.annotations) {
        bytes += key.size() + value.size();
        if (has_upper(key))
            check.qualified_name(annotations.child(key), lower(key));
        else
            check.qualified_name(annotations.child(key), key);
    }
    if (bytes > max_annotation_bytes)
        check.error(annotations, "must have at most 262144 bytes");
}

void validate_metadata(const ObjectMeta& metadata, Problems& problems, const Path& path) {
    const Checker check(problems);
    const Path name = path.child("name");
    if (metadata.name.empty() && find(metadata.ignored, "generateName"))
        check.error(name, "required value: nobody makes a name of generateName here");
    else
        check.dns_subdomain(name, metadata.name);
    check.dns_label(path.child("namespace"), metadata.namespace_);
    if (!metadata.uid.empty() && !is_uid(metadata.uid))
        check.error(path.child("uid"),
                    quoted(metadata.uid) + " is not a uid: at most 128 letters, digits, '-', '_' and '.'");
    check_labels(check, metadata, path);
}

} // namespace spec
