// SPDX-License-Identifier: Apache-2.0
#include "initd/orphans.hpp"

namespace initd {

bool find_orphans(const PodStore& pods, const ObjectStore& objects, const Manifests& manifests,
                  std::vector<ObjectChange>& changes) {
    bool undecided = false;
    const auto look_at = [&](spec::Kind kind, std::string_view name, Origin origin) {
        if (manifests.holds(kind, name))
            return;
        if (manifests.may_hold(origin))
            undecided = true;
        else
            changes.push_back({kind, std::string(name), false, {}, never, {}});
    };
    for (std::uint32_t slot = 0; slot < pods.slots(); ++slot)
        if (const PodRecord& pod = pods.at(slot); !pod.name.empty() && pod.owner == 0 && !pod.leaving)
            look_at(spec::Kind::Pod, pod.name, pod.origin);
    for (const spec::Kind kind : {spec::Kind::ConfigMap, spec::Kind::Secret, spec::Kind::DaemonSet,
                                  spec::Kind::Deployment, spec::Kind::StatefulSet})
        for (const ObjectRecord* object = objects.next(kind, ""); object; object = objects.next(kind, object->name))
            look_at(kind, object->name, object->origin);
    return undecided;
}

} // namespace initd
