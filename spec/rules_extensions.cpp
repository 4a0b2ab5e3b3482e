// SPDX-License-Identifier: Apache-2.0
// The annotations that begin with podinit/: what Kubernetes has no field for. They are ours, so an unknown one is an
// error, as an unknown field is.
#include "spec/names.hpp"
#include "spec/prerequisites.hpp"
#include "spec/rules_parts.hpp"

#include <algorithm>
#include <vector>

namespace spec {

namespace {

constexpr std::string_view prefix = "podinit/";
constexpr std::string_view known[] = {"after",    "console",  "listen",          "notification-fd", "notify",
                                      "requires", "watchdog", "watchdog-action", "watchdog-after",  "watchdog-seconds"};

void unknown_annotation(const Checker& check, const Path& path, std::string_view name) {
    std::string_view best;
    std::size_t distance = 3; // more than two letters off is another word
    for (const std::string_view each : known)
        if (const std::size_t d = edit_distance(each, name, distance); d < distance) {
            best = each;
            distance = d;
        }
    std::string message = "unknown annotation of podinit";
    if (!best.empty())
        message.append("; did you mean \"").append(prefix).append(best).append("\"?");
    check.error(path, std::move(message));
}

void check_prerequisites(const Checker& check, const ObjectMeta& metadata, const Path& path, std::string_view list) {
    std::vector<std::string> targets;
    for (std::string_view rest = list; rest.data();) {
        const std::string_view item = next_item(rest);
        std::optional<std::string> target = target_of(item, metadata.namespace_);
        if (!target)
            return check.error(path, quoted(item) + " names no pod: \"NAME\", \"NAMESPACE/NAME\", \"deployment/NAME\", "
                                                    "\"statefulset/NAME\" or \"daemonset/NAME\" does, with commas "
                                                    "between them");
        if (std::ranges::find(targets, *target) != targets.end())
            return check.duplicate(path, item);
        targets.push_back(std::move(*target));
    }
}

} // namespace

bool is_extension(std::string_view annotation) noexcept {
    return annotation.starts_with(prefix);
}

void check_extension(const Checker& check, const ObjectMeta& metadata, const Path& path, std::string_view key,
                     std::string_view value) {
    if (key == after_key || key == requires_key)
        check_prerequisites(check, metadata, path, value);
    else if (std::ranges::find(known, key.substr(prefix.size())) == std::end(known))
        unknown_annotation(check, path, key.substr(prefix.size()));
}

void check_no_extensions(const Checker& check, const ObjectMeta& metadata, const Path& path) {
    const Path annotations = path.child("annotations");
    for (const auto& [key, value] : metadata.annotations)
        if (is_extension(key))
            check.error(annotations.child(key), "means something only on a pod, or on the template of pods");
}

} // namespace spec
