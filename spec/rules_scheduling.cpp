// SPDX-License-Identifier: Apache-2.0
// What is said to a cluster's scheduler is ignored here, and still no less right or wrong than there. Its shape has
// been checked when it was read.
#include "spec/json.hpp"
#include "spec/names.hpp"
#include "spec/rules_parts.hpp"

#include <algorithm>
#include <initializer_list>

namespace spec {

namespace {

using json::Node;

std::string_view text_of(const Node& object, std::string_view name) {
    const Node* value = json::find(object, name);
    return value && value->kind == json::Kind::String ? value->string() : std::string_view();
}

const Node* number(const Node& object, std::string_view name) {
    const Node* value = json::find(object, name);
    return value && value->kind == json::Kind::Int ? value : nullptr;
}

// An empty text is one that was not given.
void one_of(const Checker& check, const Path& path, std::string_view value,
            std::initializer_list<std::string_view> supported) {
    if (value.empty() || std::ranges::find(supported, value) != supported.end())
        return;
    std::string message = "unsupported value " + quoted(value) + "; supported values: ";
    for (const std::string_view name : supported)
        message.append(name.data() == supported.begin()->data() ? "" : ", ").append(quoted(name));
    check.error(path, std::move(message));
}

void check_toleration(const Checker& check, const Node& toleration, const Path& path) {
    const std::string_view key = text_of(toleration, "key");
    const std::string_view op = text_of(toleration, "operator");
    const std::string_view value = text_of(toleration, "value");
    const std::string_view effect = text_of(toleration, "effect");
    one_of(check, path.child("operator"), op, {"Exists", "Equal"});
    one_of(check, path.child("effect"), effect, {"NoSchedule", "PreferNoSchedule", "NoExecute"});
    if (!key.empty())
        check.qualified_name(path.child("key"), key);
    else if (op != "Exists")
        check.error(path.child("operator"), "must be \"Exists\" when key is empty, which is every taint");
    if (op == "Exists" && !value.empty())
        check.error(path.child("value"), "must be empty when operator is \"Exists\"");
    else if (!is_label_value(value))
        check.error(path.child("value"), quoted(value) + " is not a label's value");
    if (number(toleration, "tolerationSeconds") && effect != "NoExecute")
        check.error(path.child("effect"), "must be \"NoExecute\" when tolerationSeconds is given");
}

void check_spread(const Checker& check, const Node& spread, const Path& path) {
    const std::string_view when = text_of(spread, "whenUnsatisfiable");
    if (const Node* skew = number(spread, "maxSkew"))
        check.at_least(path.child("maxSkew"), skew->integer, 1);
    else
        check.error(path.child("maxSkew"), "required value");
    if (check.given(path.child("topologyKey"), text_of(spread, "topologyKey")))
        check.qualified_name(path.child("topologyKey"), text_of(spread, "topologyKey"));
    if (check.given(path.child("whenUnsatisfiable"), when))
        one_of(check, path.child("whenUnsatisfiable"), when, {"DoNotSchedule", "ScheduleAnyway"});
    for (const std::string_view name : {"nodeAffinityPolicy", "nodeTaintsPolicy"})
        one_of(check, path.child(name), text_of(spread, name), {"Honor", "Ignore"});
    if (const Node* domains = number(spread, "minDomains")) {
        check.at_least(path.child("minDomains"), domains->integer, 1);
        if (when != "DoNotSchedule")
            check.error(path.child("minDomains"), "may only be given when whenUnsatisfiable is \"DoNotSchedule\"");
    }
}

template <class Check>
void each_ignored(const PodChecker& check, const Path& path, std::string_view name, Check check_one) {
    const std::string* text = find(check.spec.ignored, name);
    if (!text)
        return;
    const auto document = json::parse(*text, text->size());
    if (!document || document->root().kind != json::Kind::Array)
        return; // complained about where it was read
    const Node* node = document->root().first();
    for (std::size_t i = 0; i < document->root().size; ++i, node = node->next())
        if (node->kind == json::Kind::Object)
            check_one(check, *node, path.child(name, i));
}

} // namespace

void check_scheduling(const PodChecker& check, const Path& path) {
    each_ignored(check, path, "tolerations", check_toleration);
    each_ignored(check, path, "topologySpreadConstraints", check_spread);
}

} // namespace spec
