// SPDX-License-Identifier: Apache-2.0
// A container's environment, as the kubelet makes it (kubelet_pods.go, makeEnvironmentVariables): envFrom in its order,
// then env in its order, each variable seeing those before it.
#include "initd/planner_parts.hpp"

#include "initd/env_file.hpp"
#include "initd/references.hpp"
#include "spec/expand.hpp"

#include <algorithm>
#include <cerrno>

namespace initd {

namespace {

using spec::Kind;

// A variable's value; none: it is optional and not there. The error is a sentence.
using Value = std::expected<std::optional<std::string>, std::string>;

class EnvReader {
  public:
    explicit EnvReader(const ContainerInputs& in)
        : in_(in) {}

    void add_all(const spec::EnvFromSource& source);
    void add(const spec::EnvVar& var);

    Variables variables;
    std::string failure; // the first one

  private:
    void add_all(Kind kind, const spec::ObjectReference& from, const std::string& prefix);
    Value value_from(const spec::EnvVarSource& source) const;
    Value key_of(Kind kind, const spec::KeySelector& selector) const;
    Value key_of(const spec::FileKeySelector& selector) const;
    void set(std::string_view name, Value value);

    const ContainerInputs& in_;
};

// A Secret's bytes may hold a NUL, and an environment may not. Nor does the kubelet look for variables in a ConfigMap's
// binaryData, which is where a value with a NUL comes from.
bool has_nul(const std::string& value) {
    return value.find('\0') != std::string::npos;
}

void EnvReader::set(std::string_view name, Value value) {
    if (value && *value && has_nul(**value))
        value = std::unexpected("the value of environment variable " + std::string(name) + " has a NUL byte in it");
    if (!value) {
        if (failure.empty())
            failure = std::move(value.error());
    } else if (*value) {
        variables.set(name, std::move(**value));
    }
}

void EnvReader::add_all(Kind kind, const spec::ObjectReference& from, const std::string& prefix) {
    const spec::StringMap* data = in_.objects.data(kind, in_.pod.metadata.namespace_, from.name);
    if (!data && !is_set(from.optional))
        return set({}, std::unexpected(object_not_found(kind, from.name)));
    if (!data)
        return;
    for (const auto& [key, value] : *data)
        if (kind == Kind::Secret || !has_nul(value))
            set(prefix + key, value);
}

void EnvReader::add_all(const spec::EnvFromSource& source) {
    if (source.config_map_ref)
        add_all(Kind::ConfigMap, *source.config_map_ref, source.prefix);
    if (source.secret_ref)
        add_all(Kind::Secret, *source.secret_ref, source.prefix);
}

Value EnvReader::key_of(Kind kind, const spec::KeySelector& selector) const {
    const std::string& where = in_.pod.metadata.namespace_;
    const spec::StringMap* data = in_.objects.data(kind, where, selector.name);
    const std::string* value = data ? find_key(*data, selector.key) : nullptr;
    if (value && (kind == Kind::Secret || !has_nul(*value)))
        return *value;
    if (is_set(selector.optional))
        return std::nullopt;
    if (!data)
        return std::unexpected(object_not_found(kind, selector.name));
    return std::unexpected("couldn't find key " + selector.key +
                           (kind == Kind::Secret ? " in Secret " : " in ConfigMap ") + where + "/" + selector.name);
}

// A key without a value is as good as none.
Value EnvReader::key_of(const spec::FileKeySelector& selector) const {
    constexpr std::size_t longest_value = 32 * 1024;
    const EnvFile* file = find_env_file(in_.env_files, selector);
    const bool missing = !file || (!file->text && file->text.error().err == ENOENT);
    if (missing && is_set(selector.optional))
        return std::nullopt;
    auto value = missing || !file->text ? std::nullopt : env_file_value(*file->text, selector.key);
    if (!value)
        return std::unexpected("couldn't parse env file");
    if (value->size() > longest_value)
        return std::unexpected("environment variable value for key " + go_quoted(selector.key) +
                               " exceeds maximum size of 32KB");
    if (!value->empty())
        return value;
    if (is_set(selector.optional))
        return std::nullopt;
    return std::unexpected("environment variable key " + go_quoted(selector.key) + " not found in file " +
                           go_quoted(selector.path));
}

Value EnvReader::value_from(const spec::EnvVarSource& source) const {
    if (source.field_ref)
        return field_value(*source.field_ref, in_.pod, in_.node);
    if (source.resource_field_ref) {
        auto value = resource_value(*source.resource_field_ref, in_.pod, &in_.container(), in_.node);
        if (!value)
            return std::unexpected(std::move(value.error()));
        return std::move(*value);
    }
    if (source.config_map_key_ref)
        return key_of(Kind::ConfigMap, *source.config_map_key_ref);
    if (source.secret_key_ref)
        return key_of(Kind::Secret, *source.secret_key_ref);
    if (source.file_key_ref)
        return key_of(*source.file_key_ref);
    return std::nullopt; // validation has seen to it that it is one of these
}

void EnvReader::add(const spec::EnvVar& var) {
    if (var.value_from)
        return set(var.name, value_from(*var.value_from));
    set(var.name, spec::expand(var.value, [&](std::string_view name) { return variables.find(name); }));
}

} // namespace

const EnvFile* find_env_file(std::span<const EnvFile> files, const spec::FileKeySelector& ref) noexcept {
    const auto at = std::ranges::find_if(
        files, [&](const EnvFile& file) { return file.volume == ref.volume_name && file.path == ref.path; });
    return at == files.end() ? nullptr : &*at;
}

std::expected<Variables, PlanFailure> manifest_variables(const ContainerInputs& in, Missing missing) {
    EnvReader reader(in);
    for (const spec::EnvFromSource& source : in.container().env_from)
        reader.add_all(source);
    for (const spec::EnvVar& var : in.container().env)
        reader.add(var);
    if (!reader.failure.empty() && missing == Missing::Refused)
        return std::unexpected(PlanFailure{"CreateContainerConfigError", std::move(reader.failure)});
    return std::move(reader.variables);
}

// What every container has, over it the image's variables, over them the manifest's.
Variables environment(const ContainerInputs& in, const Variables& of_manifest) {
    Variables env;
    env.set("PATH", std::string(default_path));
    env.set("HOSTNAME", pod_hostname(in.pod, in.node));
    env.set("HOME", in.identity.home);
    if (is_set(in.container().tty))
        env.set("TERM", "xterm");
    for (const std::string& pair : in.image.config.env)
        if (auto equals = pair.find('='); equals != pair.npos)
            env.set(std::string_view(pair).substr(0, equals), pair.substr(equals + 1));
    for (const auto& [name, value] : of_manifest.list())
        env.set(name, value);
    return env;
}

} // namespace initd
