// SPDX-License-Identifier: Apache-2.0
#include "tools/podctl/names.hpp"

#include "tools/podctl/output.hpp"

namespace ctl {

namespace {

void check_type(std::string_view type) {
    if (type != "pods" && type != "pod" && type != "po" && type != "Pod")
        fail({"the server doesn't have a resource type \"", type, "\"; podinit has pods"});
}

// The name in "pod/NAME".
std::string after_type(const std::string& arg) {
    const std::size_t slash = arg.find('/');
    check_type(std::string_view(arg).substr(0, slash));
    if (slash + 1 == arg.size() || arg.find('/', slash + 1) != arg.npos)
        fail({"arguments in resource/name form must have a single resource and name"});
    return arg.substr(slash + 1);
}

} // namespace

std::vector<std::string> pod_names(std::span<const std::string> args) {
    std::vector<std::string> names;
    const bool with_types = args[0].find('/') != std::string::npos;
    if (!with_types) {
        check_type(args[0]);
        args = args.subspan(1);
    }
    for (const std::string& arg : args) {
        const bool has_type = arg.find('/') != arg.npos;
        if (has_type && !with_types)
            fail({"there is no need to specify a resource type as a separate argument when passing arguments in "
                  "resource/name form (e.g. 'podctl get pod/NAME' instead of 'podctl get pod pod/NAME')"});
        if (!has_type && with_types)
            fail({"there is no need to mix names with and without a type: ", arg, " has none"});
        names.push_back(has_type ? after_type(arg) : arg);
    }
    return names;
}

std::string pod_name(const std::string& arg) {
    return arg.find('/') != arg.npos ? after_type(arg) : arg;
}

} // namespace ctl
