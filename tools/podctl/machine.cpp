// SPDX-License-Identifier: Apache-2.0
// restart, set-condition, node, node reexec, poweroff, reboot, halt, version: the verbs that are one question and its
// answer.
#include "tools/podctl/commands.hpp"

#include "tools/podctl/client.hpp"
#include "tools/podctl/duration.hpp"
#include "tools/podctl/names.hpp"
#include "tools/podctl/objects.hpp"
#include "tools/podctl/output.hpp"
#include "tools/podctl/table.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace ctl {

namespace {

std::string join(const std::vector<std::string>& list) {
    std::string text;
    for (const std::string& item : list)
        text += (text.empty() ? "" : ", ") + item;
    return text.empty() ? "<none>" : text;
}

std::string rejected_text(const std::vector<spec::RejectedManifest>& rejected) {
    if (rejected.empty())
        return "Rejected manifests:\t<none>\n";
    std::string text = "Rejected manifests:\n";
    for (const spec::RejectedManifest& manifest : rejected) {
        text += "  " + manifest.file + ":\n";
        for (const std::string& problem : manifest.problems)
            text += "    " + problem + '\n';
    }
    return text;
}

std::string features_text(std::vector<spec::Feature> features) {
    std::stable_partition(features.begin(), features.end(), [](const spec::Feature& f) { return f.present; });
    std::string text = "Features:\n";
    // As wide as "yes": a feature without a detail ends the column.
    for (const spec::Feature& feature : features)
        text += "  " + feature.name + (feature.present ? "\tyes" : "\tno ") + (feature.detail.empty() ? "" : "\t") +
                feature.detail + '\n';
    return text;
}

std::string node_text(const spec::NodeInfo& node) {
    std::string text;
    const auto line = [&text](std::string_view title, std::string_view value) {
        text.append(title).append(":\t").append(value.empty() ? "<none>" : value).append("\n");
    };
    line("Name", node.hostname);
    line("Machine ID", node.machine_id);
    line("Boot ID", node.boot_id);
    line("Kernel", node.kernel);
    line("Architecture", node.architecture);
    line("podinit", node.version + (node.pid1 ? ", PID 1" : ", not PID 1"));
    line("Uptime", human_duration(node.uptime_seconds));
    line("CPUs", std::to_string(node.cpus));
    line("Memory", std::to_string(node.memory_bytes >> 20) + " MiB");
    line("Addresses", join(node.addresses));
    line("Pods", std::to_string(node.pods));
    line("Manifests", join(node.manifest_dirs));
    line("Images", join(node.image_dirs));
    for (const std::string& what : node.unconfirmed)
        line("Unconfirmed", what);
    return text + features_text(node.features) + rejected_text(node.rejected);
}

int confirm(Client& client) {
    const auto done = value_or_fail(client.ask<spec::Confirmed>(spec::Confirm{}));
    for (const std::string& what : done.confirmed)
        print({"confirmed: ", what, "\n"});
    if (done.confirmed.empty())
        print({"nothing is to be confirmed\n"});
    return 0;
}

// The answer comes from the podinit before; the next one from the other. It may take the connection over or close it.
int reexec(Client& client, const std::string& binary) {
    spec::Reexec call;
    if (!binary.empty()) {
        const std::unique_ptr<char, void (*)(void*)> path(realpath(binary.c_str(), nullptr), std::free);
        if (!path)
            fail({binary, ": ", std::strerror(errno)});
        call.binary = path.get();
    }
    const std::string before = value_or_fail(client.ask<spec::ServiceInfo>(spec::GetInfo{})).version;
    const std::string after = value_or_fail(client.ask<spec::Reexecuted>(call)).version;
    const std::string found = value_or_fail(client.ask_again<spec::ServiceInfo>(spec::GetInfo{})).version;
    if (found != after)
        fail({"podinit ", found, " answers, not ", after});
    print({"podinit ", before, " reexecuted as ", after, "\n"});
    return 0;
}

} // namespace

int run_restart(const Common& common, const RestartOptions& options) {
    const Asked asked = parse_target(options.pod);
    Client client(common.socket);
    std::vector<std::string> pods;
    if (asked.kind == spec::Kind::Pod)
        pods.push_back(asked.name);
    else
        for (const ListedObject& pod : find_pods(client, common.namespace_or_default(), asked))
            pods.push_back(pod.metadata().name);
    for (const std::string& pod : pods) {
        const spec::Call call = spec::Restart{common.namespace_or_default(), pod, options.container};
        const auto restarted = value_or_fail(client.ask<spec::Restarted>(call));
        if (options.container.empty())
            print({"pod/", pod, " restarted\n"});
        else
            print({"pod/", pod, " restarted (", join(restarted.containers), ")\n"});
    }
    return 0;
}

int run_set_condition(const Common& common, const std::vector<std::string>& words) {
    if (words.size() < 2)
        fail({"a pod's name and TYPE=STATUS are required"});
    const std::string pod = parse_target(words[0]).name;
    Client client(common.socket);
    for (std::size_t i = 1; i < words.size(); ++i) {
        const std::string& word = words[i];
        const std::size_t equals = word.find('=');
        const bool removes = equals == word.npos && word.ends_with('-');
        if (!removes && equals == word.npos)
            fail({"\"", word, "\" is no TYPE=STATUS"});
        const std::string type = word.substr(0, removes ? word.size() - 1 : equals);
        const std::string status = removes ? "" : word.substr(equals + 1);
        const spec::Call call = spec::SetCondition{common.namespace_or_default(), pod, type, status};
        value_or_fail(client.ask<spec::ConditionSet>(call));
    }
    print({"pod/", pod, " condition set\n"});
    return 0;
}

int run_node(const Common& common, const NodeOptions& options) {
    const std::string command = options.words.empty() ? "" : options.words[0];
    const bool known = command.empty() || command == "confirm" || command == "reexec";
    if (!known || options.words.size() > 1)
        fail({"\"node ", options.words.back(), "\" is not known; there are \"node confirm\" and \"node reexec\""});
    if (!options.binary.empty() && command != "reexec")
        fail({"--binary is for \"node reexec\""});
    Client client(common.socket);
    if (command == "confirm")
        return confirm(client);
    if (command == "reexec")
        return reexec(client, options.binary);
    print({align(node_text(value_or_fail(client.ask<spec::NodeInfo>(spec::Node{}))), describe_stops)});
    return 0;
}

int run_power(const Common& common, spec::PowerAction action) {
    Client client(common.socket);
    value_or_fail(client.ask<spec::PowerAccepted>(spec::Power{action}));
    return 0;
}

int run_version(const Common& common, bool client_only) {
    print({"Client Version: v", PODINIT_VERSION, "\n"});
    if (client_only)
        return 0;
    flush_output();
    Client client(common.socket);
    print({"Server Version: v", value_or_fail(client.ask<spec::ServiceInfo>(spec::GetInfo{})).version, "\n"});
    return 0;
}

} // namespace ctl
