// SPDX-License-Identifier: Apache-2.0
#include "tools/podctl/pods.hpp"

#include "tools/podctl/output.hpp"

#include <algorithm>
#include <tuple>

namespace ctl {

std::expected<std::vector<ListedPod>, spec::ControlError> list_pods(Client& client, const std::string& namespace_,
                                                                    const std::string& name) {
    const spec::Call call = spec::List{namespace_, name, ""};
    client.send({.call = call, .more = true});
    std::vector<ListedPod> pods;
    for (bool more = true; more;) {
        auto answer = client.receive(call);
        if (!answer)
            return std::unexpected(std::move(answer.error()));
        more = answer->continues;
        auto& listed = std::get<spec::Listed>(answer->reply);
        if (!listed.object)
            continue;
        auto view = spec::read_pod_object(listed.object->text);
        if (!view)
            fail({"podinit sent a pod that podctl cannot read: ", view.error().front().pointer, ": ",
                  view.error().front().message, " (are both of the same version?)"});
        pods.push_back({std::move(listed.object->text), *std::move(view)});
    }
    std::sort(pods.begin(), pods.end(), [](const ListedPod& a, const ListedPod& b) {
        const auto& x = a.view.pod.metadata;
        const auto& y = b.view.pod.metadata;
        return std::tie(x.namespace_, x.name) < std::tie(y.namespace_, y.name);
    });
    return pods;
}

ListedPod get_pod(Client& client, const std::string& namespace_, const std::string& name) {
    auto pods = value_or_fail(list_pods(client, namespace_, name));
    if (pods.empty())
        fail(spec::not_found("pods", name));
    return std::move(pods.front());
}

std::string choose_container(const ListedPod& pod, const std::string& asked, bool quiet) {
    const auto& containers = pod.view.pod.spec.containers;
    std::string names;
    for (const spec::Container& container : containers) {
        if (container.name == asked)
            return asked;
        names += (names.empty() ? "" : ", ") + container.name;
    }
    if (!asked.empty())
        fail({"container ", asked, " is not valid for pod ", pod.view.pod.metadata.name, "; it has: ", names});
    const std::string& first = containers.front().name;
    if (containers.size() > 1 && !quiet)
        complain({"Defaulted container \"", first, "\" out of: ", names});
    return first;
}

} // namespace ctl
