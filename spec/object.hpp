// SPDX-License-Identifier: Apache-2.0
// The kinds beside Pod, and what each stands for on one machine.
//
// A workload (DaemonSet: one pod; Deployment, StatefulSet: their replicas) becomes pods by a pure function of its text:
// the same text gives the same pods with the same names, so that reading it again changes nothing. ConfigMap and Secret
// are local objects that pods refer to. Kinds that only a cluster gives a meaning (Service, RBAC, ...) are read, told
// with a warning, and not kept. Job, CronJob, custom resources and the rest are refused by name.
#pragma once

#include "spec/manifest.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace spec {

enum class Kind : std::uint8_t { Pod, ConfigMap, Secret, DaemonSet, Deployment, StatefulSet, Ignored };

inline constexpr std::int32_t max_replicas = 1000;      // ours: what one machine may be asked for by one object
inline constexpr std::size_t max_local_data = 1u << 20; // API server: MaxSecretSize, of a ConfigMap's or Secret's data

struct Object {
    Kind kind = Kind::Pod;
    std::string resource; // as kubectl prints it before the name: "pod", "deployment.apps", "service", ...
    ObjectMeta metadata;  // uid set
    std::string text;     // canonical JSON; empty for a Pod, whose text is that of its one manifest, and when Ignored
    std::vector<Manifest>
        pods;          // Pod: itself. Workloads: what they stand for, owned by them (metadata.owner_references)
    StringMap data;    // ConfigMap, Secret: key to bytes, decoded, sorted by key
    Problems warnings; // also of the pods; pointers into this object
};

// All problems at once, as read_manifest().
std::expected<Object, Problems> read_object(std::string_view json) noexcept;

// "pod", "configmap", "secret", "daemonset.apps", ...; of Kind::Ignored "".
std::string_view resource_of(Kind kind) noexcept;
// The kind that a user may mean by "po", "pods", "cm", "deployments.apps", ...; Ignored when none does.
Kind kind_of(std::string_view resource) noexcept;

} // namespace spec
