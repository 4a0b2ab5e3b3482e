// SPDX-License-Identifier: Apache-2.0
// diff: what apply would change, as a unified diff of YAML. podinit tells what would be, without doing it.
#include "tools/podctl/commands.hpp"

#include "tools/podctl/client.hpp"
#include "tools/podctl/external_diff.hpp"
#include "tools/podctl/line_diff.hpp"
#include "tools/podctl/objects.hpp"
#include "tools/podctl/output.hpp"
#include "tools/podctl/sending.hpp"
#include "tools/podctl/yaml_write.hpp"

#include <cstdlib>

namespace ctl {

namespace {

// One object before and after; Literal null: it is not there.
struct Sides {
    JsonValue live;
    JsonValue merged;
};

void erase(JsonValue* object, std::initializer_list<const char*> members) {
    for (const char* member : members)
        if (object)
            object->members.erase(member);
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
std::string file_name(const ObjectToSend& object, const JsonValue& value) {
    std::string version = text_at(value, {"apiVersion"});
    if (const std::size_t slash = version.find('/'); slash != version.npos)
        version[slash] = '.';
    return version + '.' + text_at(value, {"kind"}) + '.' + object.namespace_ + '.' + object.name;
}

std::string yaml_of(const JsonValue& value) {
    return value.kind == JsonValue::Kind::Object ? yaml_of_json(write_json(value)) : "";
}

JsonValue live_object(Client& client, const ObjectToSend& object) {
    const auto listed = list_objects(client, object.kind, object.namespace_, object.name);
    if (!listed && !is_not_found(listed.error()))
        fail(listed.error());
    return listed && !listed->empty() ? read_json(listed->front().json).value_or(JsonValue{}) : JsonValue{};
}

Difference difference_of(Client& client, const ObjectToSend& object, const std::string& would_be) {
    Sides sides{live_object(client, object), read_json(would_be).value_or(JsonValue{})};
    keep_what_is_applied(sides);
    mask_secret(sides);
    return {file_name(object, sides.merged), yaml_of(sides.live), yaml_of(sides.merged)};
}

std::vector<Difference> find_differences(const Common& common, const DiffOptions& options) {
    if (options.files.empty())
        fail({"must specify -f"});
    const Inputs inputs = read_inputs(options.files, options.recursive);
    const auto objects = objects_to_send(inputs, common.namespace_, "diff");
    Client client(common.socket);
    const spec::Applied applied = send_objects(client, objects, {.dry_run = true});
    std::vector<Difference> differences;
    for (std::size_t i = 0; i < objects.size(); ++i)
        if (const auto& would_be = applied.items[i].object; would_be && objects[i].kind != spec::Kind::Ignored)
            differences.push_back(difference_of(client, objects[i], would_be->text));
    return differences;
}

// 1 when there was one to print.
int print_differences(const std::vector<Difference>& differences) {
    int code = 0;
    for (const auto& [name, live, merged] : differences) {
        const std::string hunks = unified_diff(live, merged);
        if (hunks.empty())
            continue;
        print({"diff -u -N LIVE/", name, " MERGED/", name, "\n--- LIVE/", name, "\n+++ MERGED/", name, "\n", hunks});
        code = 1;
    }
    return code;
}

} // namespace

int run_diff(const Common& common, const DiffOptions& options) try {
    const auto differences = find_differences(common, options);
    const char* program = std::getenv("KUBECTL_EXTERNAL_DIFF");
    return program && *program != '\0' ? run_external_diff(program, differences) : print_differences(differences);
} catch (Failure& failure) {
    failure.exit_code = 2; // 1 says that there are differences
    throw;
}

} // namespace ctl
