// SPDX-License-Identifier: Apache-2.0
#include "tools/podctl/names.hpp"

#include "tools/podctl/output.hpp"

#include <algorithm>
#include <array>

namespace ctl {

namespace {

// In the order in which kubectl shows them.
constexpr std::array kinds_that_run{spec::Kind::Pod, spec::Kind::DaemonSet, spec::Kind::Deployment,
                                    spec::Kind::StatefulSet};

std::vector<spec::Kind> parse_types(std::string_view types) {
    std::vector<spec::Kind> kinds;
    for (;;) {
        const std::size_t comma = types.find(',');
        const std::string_view type = types.substr(0, comma);
        if (type == "all")
            kinds.insert(kinds.end(), kinds_that_run.begin(), kinds_that_run.end());
        else if (const spec::Kind kind = spec::kind_of(type); kind != spec::Kind::Ignored)
            kinds.push_back(kind);
        else
            fail({"the server doesn't have a resource type \"", type,
                  "\"; podinit has pods, configmaps, secrets, daemonsets, deployments and statefulsets"});
        if (comma == types.npos)
            return kinds;
        types.remove_prefix(comma + 1);
    }
}

// "TYPE/NAME"
Asked parse_pair(const std::string& arg) {
    const std::size_t slash = arg.find('/');
    const auto kinds = parse_types(std::string_view(arg).substr(0, slash));
    if (kinds.size() != 1 || slash + 1 == arg.size() || arg.find('/', slash + 1) != arg.npos)
        fail({"arguments in resource/name form must have a single resource and name"});
    return {kinds.front(), arg.substr(slash + 1)};
}

bool has_type(const std::string& arg) {
    return arg.find('/') != arg.npos;
}

} // namespace

std::vector<Asked> parse_resources(std::span<const std::string> args) {
    std::vector<Asked> asked;
    if (has_type(args[0])) {
        for (const std::string& arg : args) {
            if (!has_type(arg))
                fail({"there is no need to mix names with and without a type: ", arg, " has none"});
            asked.push_back(parse_pair(arg));
        }
        return asked;
    }
    const auto kinds = parse_types(args[0]);
    args = args.subspan(1);
    for (const std::string& arg : args)
        if (has_type(arg))
            fail({"there is no need to specify a resource type as a separate argument when passing arguments in "
                  "resource/name form (e.g. 'podctl get pod/NAME' instead of 'podctl get pod pod/NAME')"});
    for (const spec::Kind kind : kinds) {
        if (args.empty())
            asked.push_back({kind, ""});
        for (const std::string& name : args)
            asked.push_back({kind, name});
    }
    return asked;
}

Asked parse_target(const std::string& arg) {
    return has_type(arg) ? parse_pair(arg) : Asked{spec::Kind::Pod, arg};
}

bool is_workload(spec::Kind kind) {
    return kind == spec::Kind::DaemonSet || kind == spec::Kind::Deployment || kind == spec::Kind::StatefulSet;
}

std::string plural(spec::Kind kind) {
    std::string name(spec::resource_of(kind));
    return name.insert(std::min(name.find('.'), name.size()), 1, 's');
}

} // namespace ctl
