// SPDX-License-Identifier: Apache-2.0
// diff: what apply would change, as a unified diff of YAML. podinit tells what would be, without doing it.
#include "tools/podctl/commands.hpp"

#include "tools/podctl/checked_inputs.hpp"
#include "tools/podctl/client.hpp"
#include "tools/podctl/line_diff.hpp"
#include "tools/podctl/objects.hpp"
#include "tools/podctl/output.hpp"
#include "tools/podctl/yaml_write.hpp"

namespace ctl {

namespace {

// One object before and after; Literal null: it is not there.
struct Sides {
    JsonValue live;
    JsonValue merged;
};

void erase(JsonValue* object, std::initializer_list<std::string_view> members) {
    for (const std::string_view member : members)
        if (object)
            if (const auto found = object->members.find(member); found != object->members.end())
                object->members.erase(found);
}

JsonValue* member(JsonValue& object, std::string_view key) {
    const auto found = object.members.find(key);
    return found == object.members.end() ? nullptr : &found->second;
}

// Takes away what podinit adds to an object that it runs, which no manifest says.
void keep_what_is_applied(Sides& sides) {
    for (JsonValue* side : {&sides.live, &sides.merged}) {
        erase(side, {"status"});
        erase(member(*side, "metadata"), {"creationTimestamp", "deletionTimestamp", "uid"});
    }
    if (!find_at(sides.merged, {"spec", "nodeName"}))
        erase(member(sides.live, "spec"), {"nodeName"});
}

// As kubectl: it shows that a value changes, and not what it is.
void mask_secret(Sides& sides) {
    if (text_at(sides.merged, {"kind"}) != "Secret")
        return;
    JsonValue none;
    JsonValue* const live = member(sides.live, "data");
    JsonValue* const merged = member(sides.merged, "data");
    for (auto& [key, value] : (live ? *live : none).members) {
        JsonValue* const now = merged ? member(*merged, key) : nullptr;
        const bool changes = now && now->text != value.text;
        value.text = changes ? "*** (before)" : "***";
        if (now)
            now->text = changes ? "*** (after)" : "***";
    }
    for (auto& [key, value] : (merged ? *merged : none).members)
        if (!live || !member(*live, key))
            value.text = "***";
}

// "apps.v1.Deployment.default.web"
std::string file_name(const CheckedObject& object, const JsonValue& value) {
    std::string version = text_at(value, {"apiVersion"});
    if (const std::size_t slash = version.find('/'); slash != version.npos)
        version[slash] = '.';
    return version + '.' + text_at(value, {"kind"}) + '.' + object.namespace_ + '.' + object.name;
}

std::string yaml_of(const JsonValue& value) {
    return value.kind == JsonValue::Kind::Object ? yaml_of_json(write_json(value)) : "";
}

JsonValue live_object(Client& client, const CheckedObject& object) {
    const auto listed = list_objects(client, object.kind, object.namespace_, object.name);
    if (!listed && !is_not_found(listed.error()))
        fail(listed.error());
    return listed && !listed->empty() ? read_json(listed->front().json).value_or(JsonValue{}) : JsonValue{};
}

// True when there was one to print.
bool print_difference(Client& client, const CheckedObject& object, const std::string& would_be) {
    Sides sides{live_object(client, object), read_json(would_be).value_or(JsonValue{})};
    keep_what_is_applied(sides);
    mask_secret(sides);
    const std::string hunks = unified_diff(yaml_of(sides.live), yaml_of(sides.merged));
    if (hunks.empty())
        return false;
    const std::string name = file_name(object, sides.merged);
    print({"diff -u -N LIVE/", name, " MERGED/", name, "\n--- LIVE/", name, "\n+++ MERGED/", name, "\n", hunks});
    return true;
}

bool print_differences(const Common& common, const DiffOptions& options) {
    if (options.files.empty())
        fail({"must specify -f"});
    const Inputs inputs = read_inputs(options.files, options.recursive);
    const auto objects = check_inputs(inputs, common.namespace_, "diff");
    Client client(common.socket);
    const spec::Applied applied = send_objects(client, objects, false, true);
    bool any = false;
    for (std::size_t i = 0; i < objects.size(); ++i)
        if (applied.items[i].object && objects[i].kind != spec::Kind::Ignored)
            any = print_difference(client, objects[i], applied.items[i].object->text) || any;
    return any;
}

} // namespace

int run_diff(const Common& common, const DiffOptions& options) try {
    return print_differences(common, options) ? 1 : 0;
} catch (Failure& failure) {
    failure.exit_code = 2; // 1 says that there are differences
    throw;
}

} // namespace ctl
