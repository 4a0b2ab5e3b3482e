// SPDX-License-Identifier: Apache-2.0
// Asking podinit for what it keeps.
#pragma once

#include "spec/status.hpp"
#include "tools/podctl/client.hpp"
#include "tools/podctl/commands.hpp"
#include "tools/podctl/json_value.hpp"
#include "tools/podctl/names.hpp"

#include <expected>
#include <string>
#include <vector>

namespace ctl {

struct ListedObject {
    spec::Kind kind = spec::Kind::Pod;
    std::string json;  // as podinit sent it
    spec::PodView pod; // of what is no pod only the metadata
    JsonValue value;   // of what is no pod: `json` as a tree

    const spec::ObjectMeta& metadata() const { return pod.pod.metadata; }
};

// An empty namespace or name stands for all of them. Sorted by namespace and name.
std::expected<std::vector<ListedObject>, spec::ControlError>
list_objects(Client& client, spec::Kind kind, const std::string& namespace_, const std::string& name);

struct Found {
    std::vector<ListedObject> objects;
    std::vector<std::string> errors; // for the names that are not there
    bool single = false;             // one object was asked for by its name
    bool several_kinds = false;      // were asked for
};

// What the words of get, describe and delete ask for. Throws Failure.
Found find_objects(Client& client, const Common& common, const std::vector<Asked>& asked, const std::string& selector,
                   bool all_namespaces);

// The pods of a workload.
std::vector<ListedObject> owned_pods(Client& client, const spec::ObjectMeta& owner);

// The pod of that name, or the pods of the workload of that name; at least one. Throws Failure.
std::vector<ListedObject> find_pods(Client& client, const std::string& namespace_, const Asked& asked);

// The one of them that is meant when only one can be; tells which unless `quiet`. Throws Failure.
spec::PodView find_pod(Client& client, const std::string& namespace_, const Asked& asked, bool quiet);

// The container that is meant when `asked` may be empty: then the first, and standard error says so if there are more.
// Throws Failure when there is none of that name.
std::string choose_container(const spec::PodView& pod, const std::string& asked, bool quiet);

} // namespace ctl
