// SPDX-License-Identifier: Apache-2.0
// The documentation that is made from the field table.
#include "spec/explain.hpp"
#include "spec/field_view.hpp"
#include "spec/kinds.hpp"
#include "spec/unhonoured.hpp"
#include "tests/catch.hpp"

#include <fstream>
#include <iterator>
#include <map>
#include <set>

using spec::FieldView;
using spec::fields::Type;

namespace {

using Types = std::map<std::string_view, const Type*>;

std::vector<std::string_view> names_of(const Type& type) {
    std::vector<std::string_view> names;
    for (const FieldView& field : spec::fields_of(type, nullptr))
        names.push_back(field.row->name);
    return names;
}

void collect(const Type& type, Types& types, std::vector<std::string>& clashes) {
    const auto [known, added] = types.emplace(type.name, &type);
    if (!added) {
        if (names_of(*known->second) != names_of(type))
            clashes.emplace_back(type.name);
        return;
    }
    for (const FieldView& field : spec::fields_of(type, nullptr))
        if (const Type* below = field.structure())
            collect(*below, types, clashes);
}

// Every struct that a manifest can hold.
Types all_types() {
    Types types;
    std::vector<std::string> clashes;
    for (const spec::KeptKind& kind : spec::kept_kinds)
        collect(*spec::type_of(kind.kind), types, clashes);
    CHECK(clashes == std::vector<std::string>{}); // one description for two structs of the same name
    return types;
}

const std::span<const spec::TypeDoc> groups[] = {spec::pod_docs, spec::container_docs, spec::volume_docs,
                                                 spec::scheduling_docs, spec::object_docs};

} // namespace

namespace {

std::string explained(std::string_view path, bool recursive = false) {
    return spec::explain(path, recursive).value_or("");
}
std::string refused(std::string_view path) {
    const auto text = spec::explain(path, false);
    return text ? "" : text.error();
}
bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

} // namespace

TEST_CASE("every field of the table is described, and nothing else is") {
    const Types types = all_types();
    std::vector<std::string> missing, left_over;
    for (const auto& [name, type] : types) {
        if (!spec::find_type_doc(name))
            missing.emplace_back(name);
        for (const FieldView& field : spec::fields_of(*type, nullptr)) {
            if (!field.doc)
                missing.push_back(std::string(name) + "." + std::string(field.row->name));
            else if (!field.row->type && field.doc->type.empty())
                missing.push_back("the type of " + std::string(name) + "." + std::string(field.row->name));
            else if (field.row->type && !field.doc->type.empty())
                left_over.push_back("the type of " + std::string(name) + "." + std::string(field.row->name));
        }
    }
    for (const auto& group : groups) {
        for (const spec::TypeDoc& doc : group) {
            const auto type = types.find(doc.type);
            if (type == types.end()) {
                left_over.emplace_back(doc.type);
                continue;
            }
            std::set<std::string_view> names;
            for (const FieldView& field : spec::fields_of(*type->second, nullptr))
                names.insert(field.row->name);
            for (const spec::FieldDoc& field : doc.fields)
                if (names.erase(field.field) == 0)
                    left_over.push_back(std::string(doc.type) + "." + std::string(field.field));
        }
    }
    CHECK(missing == std::vector<std::string>{});
    CHECK(left_over == std::vector<std::string>{});
}

TEST_CASE("explain has kubectl's layout, and says what podinit makes of the field") {
    CHECK(explained("pod.spec.hostNetwork") ==
          "KIND:       Pod\n"
          "VERSION:    v1\n"
          "\n"
          "FIELD: hostNetwork <boolean>\n"
          "\n"
          "DESCRIPTION:\n"
          "    Whether the pod uses the machine's network: its interfaces, addresses and\n"
          "    ports. Otherwise it has a network of its own.\n"
          "\n"
          "PODINIT:\n"
          "    honoured; default: false\n"
          "\n");
    CHECK(has(explained("pods.spec.restartPolicy"),
              "FIELD: restartPolicy <string>\nENUM:\n    Always\n    OnFailure\n    Never\n\n"));
    CHECK(has(explained("po.spec"), "\nFIELDS:\n  activeDeadlineSeconds\t<integer>"));
    CHECK(has(explained("po.spec"), "\n  containers\t<[]Container> -required-\n    The containers that run"));
    CHECK(has(explained("po.spec"), "\n  affinity\t<Affinity> -ignored-\n"));
    CHECK(has(explained("po.spec.affinity.nodeAffinity"), "\nPODINIT:\n    ignored: there is one machine"));
    CHECK(has(explained("pod.spec.volumes.nfs"), "FIELD: nfs <NFSVolumeSource>\n"));
    CHECK(has(explained("pod.spec.volumes.nfs"), "\nPODINIT:\n    refused: "));
    CHECK(has(explained("pod.metadata.labels"), "FIELD: labels <map[string]string>\n"));
    CHECK(has(explained("pod.spec.containers.resources.limits"), "FIELD: limits <map[string]Quantity>\n"));
    CHECK(has(explained("pod.apiVersion"), "FIELD: apiVersion <string> -required-\n"));
    CHECK(has(explained("pod.status"), "\nPODINIT:\n    set by the server; in a manifest it is passed over\n"));
}

TEST_CASE("explain knows every kind that is kept by each of its names") {
    for (const std::string_view name : {"deploy", "deployment", "deployments", "deployments.apps"}) {
        CAPTURE(name);
        CHECK(
            explained(name).starts_with("GROUP:      apps\nKIND:       Deployment\nVERSION:    v1\n\nDESCRIPTION:\n"));
        CHECK(has(explained(std::string(name) + ".spec.template.spec.hostPID"), "FIELD: hostPID <boolean>\n"));
    }
    CHECK(has(explained("cm.data"), "KIND:       ConfigMap\nVERSION:    v1\n\nFIELD: data <map[string]string>\n"));
}

TEST_CASE("explain --recursive lists the fields below by name") {
    const std::string text = explained("pod.spec.containers", true);
    CHECK(has(text, "\n  env\t<[]EnvVar>\n    name\t<string> -required-\n    value\t<string>\n"
                    "    valueFrom\t<EnvVarSource>\n      configMapKeyRef\t<ConfigMapKeySelector>\n"));
    CHECK(has(text, "\n  imagePullPolicy\t<string>\n  enum: Always, IfNotPresent, Never\n"));
}

TEST_CASE("explain words what it does not know as kubectl does") {
    CHECK(refused("pod.spec.hostNetwrk") == "field \"hostNetwrk\" does not exist; did you mean \"hostNetwork\"?");
    CHECK(refused("pod.spec.hostNetwork.deeper") == "field \"deeper\" does not exist");
    CHECK(refused("pod..spec") == "field \"\" does not exist");
    CHECK(refused("ingress") == "the server doesn't have a resource type \"ingress\"");
    CHECK(refused("") == "the server doesn't have a resource type \"\"");
}

TEST_CASE("what this version does not act on is said of the field that the table of such features names") {
    for (const spec::Unhonoured& feature : spec::unhonoured_fields()) {
        std::string path = feature.of_container ? "pod.spec.containers." : "pod.spec.";
        for (const char c : std::string(feature.field))
            path += c == '/' ? '.' : c;
        for (std::size_t star; (star = path.find(".*")) != std::string::npos;)
            path.erase(star, 2);
        CAPTURE(path);
        CHECK(has(explained(path), "\nPODINIT:\n    read and checked, but "));
    }
}

TEST_CASE("the table of fields in FIELDS.md is what the code says") {
    std::ifstream file(SOURCE_ROOT "/spec/FIELDS.md");
    const std::string text(std::istreambuf_iterator<char>(file), {});
    INFO("renew it: build/tools/podctl explain --output=markdown > spec/FIELDS.md");
    CHECK(has(text, "| `spec.containers[].image` | string | required; honoured |\n"));
    CHECK(has(text, "| `spec.hostNetwork` | boolean | honoured; default: false |\n"));
    CHECK((text == spec::field_table())); // in brackets: nobody wants to see both
}
