// SPDX-License-Identifier: Apache-2.0
#include "spec/local_data.hpp"

#include "spec/base64.hpp"
#include "spec/checker.hpp"
#include "spec/names.hpp"
#include "spec/object.hpp"
#include "spec/pod_fields.hpp"
#include "spec/rules_parts.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <utility>

namespace spec {

namespace fields {

namespace {

constexpr Type base64{
    .kind = Type::Kind::Text,
    .parse = [](std::string_view text, void* member) -> std::string_view {
        std::string bytes; // where only the shape is checked, there is no member
        return decode_base64(text, member ? *static_cast<std::string*>(member) : bytes) ? "" : "is not base64";
    },
    .print = [](std::string& out, const void* member) { append_base64(out, *static_cast<const std::string*>(member)); },
};
constexpr Type bytes_by_key{.kind = Type::Kind::StringMap, .element = &base64};

constexpr std::array config_map_rows{
    field<&LocalData::api_version>("apiVersion"),
    field<&LocalData::binary_data>("binaryData", &bytes_by_key),
    field<&LocalData::data>("data"),
    field<&LocalData::immutable>("immutable"),
    field<&LocalData::kind>("kind"),
    required<&LocalData::metadata>("metadata", &object_meta_type),
};

constexpr std::array secret_rows{
    field<&LocalData::api_version>("apiVersion"),
    field<&LocalData::data>("data", &bytes_by_key),
    field<&LocalData::immutable>("immutable"),
    field<&LocalData::kind>("kind"),
    required<&LocalData::metadata>("metadata", &object_meta_type),
    field<&LocalData::string_data>("stringData"),
    field<&LocalData::type>("type"),
};

} // namespace

} // namespace fields

constexpr fields::Type config_map_type = fields::make_struct_type("ConfigMap", fields::config_map_rows);
constexpr fields::Type secret_type = fields::make_struct_type("Secret", fields::secret_rows);

namespace {

// A key becomes the name of a file (validation.IsConfigMapKey).
bool is_data_key(std::string_view key) {
    return !key.empty() && key.size() <= 253 && key != "." && !key.starts_with("..") &&
           std::ranges::all_of(key, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                      c == '_' || c == '.';
           });
}

// What a type of Secret must have (validation.ValidateSecret).
struct Needed {
    std::string_view type;
    std::string_view key;
    std::string_view or_key{};
    bool json = false; // and it must be a JSON object
};
constexpr std::array needed_keys{
    Needed{"kubernetes.io/basic-auth", "username", "password"},
    Needed{"kubernetes.io/dockercfg", ".dockercfg", {}, true},
    Needed{"kubernetes.io/dockerconfigjson", ".dockerconfigjson", {}, true},
    Needed{"kubernetes.io/ssh-auth", "ssh-privatekey"},
    Needed{"kubernetes.io/tls", "tls.crt"},
    Needed{"kubernetes.io/tls", "tls.key"},
};
constexpr std::string_view service_account_token = "kubernetes.io/service-account-token";
constexpr std::string_view service_account_name = "kubernetes.io/service-account.name";

std::string required_of(const LocalData& object) {
    return "required value of a Secret of type " + quoted(object.type);
}

// Returns how many bytes the values have.
std::size_t check_keys(const StringMap& map, const Path& path, const Checker& check) {
    std::size_t bytes = 0;
    for (const auto& [key, value] : map) {
        if (!is_data_key(key))
            check.error(path.child(key), quoted(key) + " is not a key: at most 253 letters, digits, '-', '_' and '.', "
                                                       "and no '..' at the start");
        bytes += value.size();
    }
    return bytes;
}

void check_type(const LocalData& secret, const Path& root, const Checker& check) {
    const Path data = root.child("data");
    for (const Needed& needed : needed_keys) {
        if (needed.type != secret.type)
            continue;
        const std::string* value = find(secret.data, needed.key);
        if (!value && !(needed.or_key.size() != 0 && find(secret.data, needed.or_key)))
            check.error(data.child(needed.key), required_of(secret));
        if (!value || !needed.json)
            continue;
        const auto document = json::parse(*value, max_local_data);
        if (!document || document->root().kind != json::Kind::Object)
            check.error(data.child(needed.key), "must be a JSON object");
    }
    const Path annotations = root.child("metadata", "annotations");
    const std::string* account = find(secret.metadata.annotations, service_account_name);
    if (secret.type == service_account_token && (!account || account->empty()))
        check.error(annotations.child(service_account_name), required_of(secret));
}

} // namespace

void validate(const LocalData& object, Problems& problems) {
    const Checker check(problems);
    const Path root;
    check_no_extensions(check, object.metadata, root.child("metadata"));
    std::size_t bytes = check_keys(object.data, root.child("data"), check);
    bytes += check_keys(object.binary_data, root.child("binaryData"), check);
    if (bytes > max_local_data)
        check.error(root.child("data"), "must have at most 1048576 bytes in all its values");
    for (const auto& [key, value] : object.binary_data)
        if (find_sorted(object.data, key))
            check.error(root.child("binaryData", key), "duplicate of a key in data");
    check_type(object, root, check);
}

void apply_defaults(LocalData& object) {
    object.string_data.insert(object.string_data.end(), std::make_move_iterator(object.data.begin()),
                              std::make_move_iterator(object.data.end()));
    std::ranges::stable_sort(object.string_data, {}, &StringMap::value_type::first);
    const auto same_key = [](const auto& a, const auto& b) { return a.first == b.first; };
    const auto overridden = std::unique(object.string_data.begin(), object.string_data.end(), same_key);
    object.string_data.erase(overridden, object.string_data.end());
    object.data = std::exchange(object.string_data, {});
    std::ranges::sort(object.binary_data);
    if (object.kind == "Secret" && object.type.empty())
        object.type = "Opaque";
}

void warn_unhonoured(const LocalData& object, Problems& problems) {
    if (object.type == service_account_token && !find(object.data, "token"))
        fields::add_problem(problems, {"/type", "nothing here fills in the token", Severity::Warning});
}

} // namespace spec
