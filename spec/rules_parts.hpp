// SPDX-License-Identifier: Apache-2.0
// The rules of a Pod by part, each part in the file of its name (internal to spec). `path` is where the value is.
#pragma once

#include "spec/checker.hpp"

#include <string_view>
#include <vector>

namespace spec {

enum class Role : std::uint8_t { Init, Sidecar, Regular };

// Among the init containers, too; nullptr where there is none. `Spec` is PodSpec, const or not.
template <class Spec>
auto find_container(Spec& spec, std::string_view name) -> decltype(spec.containers.data()) {
    for (auto* list : {&spec.containers, &spec.init_containers})
        for (auto& container : *list)
            if (container.name == name)
                return &container;
    return nullptr;
}

// A checker that knows the whole to which a part belongs.
class PodChecker : public Checker {
  public:
    PodChecker(const Pod& pod, Problems& problems);

    const PodSpec& spec;

    const Volume* volume(std::string_view name) const;

    // Calls check(container, path, role) for each, init containers first.
    template <class Check>
    void each_container(const Path& path, Check check) const {
        for (std::size_t i = 0; i < spec.init_containers.size(); ++i) {
            const Container& container = spec.init_containers[i];
            const bool sidecar = container.restart_policy == RestartPolicy::Always;
            check(container, path.child("initContainers", i), sidecar ? Role::Sidecar : Role::Init);
        }
        for (std::size_t i = 0; i < spec.containers.size(); ++i)
            check(spec.containers[i], path.child("containers", i), Role::Regular);
    }

  private:
    std::vector<const Volume*> by_name_; // sorted; only when there are many
};

void check_labels(const Checker& check, const ObjectMeta& metadata, const Path& path);
void check_annotations(const PodChecker& check, const ObjectMeta& metadata, const Path& path);
void check_services(const PodChecker& check, const Pod& pod, const Path& path); // of its metadata

// Annotations that begin with podinit/. Objects that are no pods have none of them.
bool is_extension(std::string_view annotation) noexcept;
void check_extension(const Checker& check, const ObjectMeta& metadata, const Path& path, std::string_view key,
                     std::string_view value);
void check_no_extensions(const Checker& check, const ObjectMeta& metadata, const Path& path);

// A pod's: `path` is that of its spec.
void check_pod(const PodChecker& check, const ObjectMeta& metadata, const Path& path);
void check_network(const PodChecker& check, const ObjectMeta& metadata, const Path& path);
void check_host_namespaces(const PodChecker& check, const Path& path);
void check_pod_resources(const PodChecker& check, const ResourceRequirements& resources, const Path& path);
void check_scheduling(const PodChecker& check, const Path& path);
void check_volumes(const PodChecker& check, const Path& path);
void check_pod_security(const PodChecker& check, const PodSecurityContext& context, const Path& path);

// A container's.
void check_container(const PodChecker& check, const Container& container, const Path& path, Role role);
void check_env(const PodChecker& check, const Container& container, const Path& path);
void check_mounts(const PodChecker& check, const Container& container, const Path& path);
void check_probes(const PodChecker& check, const Container& container, const Path& path, Role role);
enum class At : std::uint8_t { Container, Pod };
void check_resources(const Checker& check, const ResourceRequirements& resources, const Path& path, At at);
void check_security(const PodChecker& check, const SecurityContext& context, const Path& path);

// A reference's. A volume may show less of the pod than an environment variable.
enum class In : std::uint8_t { Env, Volume };
void check_field_ref(const Checker& check, const ObjectFieldSelector& field, const Path& path, In in);
void check_resource_ref(const PodChecker& check, const ResourceFieldSelector& field, const Path& path, In in);

} // namespace spec
