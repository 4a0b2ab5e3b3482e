// SPDX-License-Identifier: Apache-2.0
#include "spec/names.hpp"
#include "spec/rules_parts.hpp"

namespace spec {

namespace {

void check_key_ref(const Checker& check, const KeySelector& ref, const Path& path) {
    check.dns_subdomain(path.child("name"), ref.name);
    if (check.given(path.child("key"), ref.key) && !is_config_key(ref.key))
        check.error(path.child("key"), quoted(ref.key) + " is not a key of a ConfigMap or Secret: at most 253 letters, "
                                                         "digits, '-', '_' and '.', not starting with '..'");
}

void check_file_ref(const PodChecker& check, const FileKeySelector& ref, const Path& path) {
    constexpr std::size_t longest_key = 128;
    const Path name = path.child("volumeName");
    const Volume* volume = check.volume(ref.volume_name);
    if (check.given(name, ref.volume_name) && !volume)
        check.error(name, "not found: " + quoted(ref.volume_name) + " is no volume of this pod");
    if (volume && !volume->empty_dir)
        check.error(name, "must be an emptyDir volume");
    check.local_file(path.child("path"), ref.path);
    if (check.given(path.child("key"), ref.key) && (!is_env_name(ref.key) || ref.key.size() > longest_key))
        check.error(path.child("key"), quoted(ref.key) + " is not the name of an environment variable: at most " +
                                           std::to_string(longest_key) + " of printable ASCII without '='");
}

void check_source(const PodChecker& check, const EnvVarSource& source, const Path& path) {
    check.one_of(path,
                 source.field_ref.has_value() + source.resource_field_ref.has_value() +
                     source.config_map_key_ref.has_value() + source.secret_key_ref.has_value() +
                     source.file_key_ref.has_value(),
                 "fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef");
    if (source.field_ref)
        check_field_ref(check, *source.field_ref, path.child("fieldRef"), In::Env);
    if (source.resource_field_ref)
        check_resource_ref(check, *source.resource_field_ref, path.child("resourceFieldRef"), In::Env);
    if (source.config_map_key_ref)
        check_key_ref(check, *source.config_map_key_ref, path.child("configMapKeyRef"));
    if (source.secret_key_ref)
        check_key_ref(check, *source.secret_key_ref, path.child("secretKeyRef"));
    if (source.file_key_ref)
        check_file_ref(check, *source.file_key_ref, path.child("fileKeyRef"));
}

void check_env_name(const Checker& check, std::string_view name, const Path& path) {
    if (!is_env_name(name))
        check.error(path, quoted(name) + " is not the name of an environment variable: printable ASCII without '='");
}

} // namespace

void check_env(const PodChecker& check, const Container& container, const Path& path) {
    for (std::size_t i = 0; i < container.env_from.size(); ++i) {
        const EnvFromSource& source = container.env_from[i];
        const Path at = path.child("envFrom", i);
        if (!source.prefix.empty())
            check_env_name(check, source.prefix, at.child("prefix"));
        check.one_of(at, source.config_map_ref.has_value() + source.secret_ref.has_value(), "configMapRef, secretRef");
        if (source.config_map_ref)
            check.dns_subdomain(at.child("configMapRef", "name"), source.config_map_ref->name);
        if (source.secret_ref)
            check.dns_subdomain(at.child("secretRef", "name"), source.secret_ref->name);
    }
    for (std::size_t i = 0; i < container.env.size(); ++i) {
        const EnvVar& variable = container.env[i];
        const Path at = path.child("env", i);
        if (check.given(at.child("name"), variable.name))
            check_env_name(check, variable.name, at.child("name"));
        if (!variable.value_from)
            continue;
        if (!variable.value.empty())
            check.error(at.child("valueFrom"), "may not be given beside a value that is not empty");
        check_source(check, *variable.value_from, at.child("valueFrom"));
    }
}

} // namespace spec
