// SPDX-License-Identifier: Apache-2.0
// Manifests that people have written, where they lie beside the source tree: each is understood as was foreseen for it.
//
// corpus.tsv says of each document what an agent of Pods alone would make of it, with nothing from an API server.
// expected() is how this differs here; what still differs is in the list below, with the reason.
#include "spec/object.hpp"
#include "tests/catch.hpp"
#include "tools/podctl/json_value.hpp"
#include "tools/podctl/manifests.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

namespace {

struct Row {
    std::string path; // with "#doc3" or "#doc3.items1" behind it
    std::string kind;
    std::string verdict;
};

// What the verdicts do not tell, because their author did not look at it.
struct Facts {
    bool duplicate_key = false;
    bool old_version = false; // a workload that is not of apps/v1
    bool app_armor = false;   // asked for with an annotation
    bool default_scheduler = false;
    bool impossible_image = false; // with letters that no reference of an image has
};

struct Expected {
    bool accepted = true;
    std::vector<std::string> warned;  // each is part of some warning's pointer
    std::vector<std::string> refused; // each is part of some error's pointer
};

bool is_workload(std::string_view kind) {
    return kind == "DaemonSet" || kind == "Deployment" || kind == "StatefulSet";
}

// "a; b (c; d)": a and "b (c; d)".
std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> parts(1);
    int depth = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        depth += (text[i] == '(') - (text[i] == ')');
        if (depth == 0 && text.substr(i).starts_with("; "))
            parts.emplace_back(), ++i;
        else
            parts.back() += text[i];
    }
    return parts;
}

// The part of a pointer that a reason speaks of; "" when it speaks of none.
std::string field_of(std::string reason) {
    static const std::pair<std::string_view, std::string_view> named[] = {
        {"API reference: ephemeral", "/ephemeral"},
        {"API reference: projected ", "/projected/sources"},
        {"API reference: resources.claims", "/resources/claims"},
        {"hostPID and shareProcessNamespace", "/shareProcessNamespace"},
        {"os.name=", "/spec/os/name"},
        {"invalid label ", "/labels"},
        {"invalid namespace", "/metadata/namespace"},
        {"unsafe sysctl ", "/sysctls"},
        {"extended resource ", "/resources"},
        {"pod-level resource ", "/spec/resources"},
        {"image volume ", "/image"},
        {"not parseable", ""},
        {"metadata.name ", "/metadata/name"},
        {"spec.containers ", "/spec/containers"},
    };
    for (const auto& [begin, field] : named)
        if (reason.starts_with(begin))
            return std::string(field);
    if (reason.starts_with("type: ")) { // "type: spec.containers[0].resources.limits[cpu]: ..."
        std::string path = "/" + reason.substr(6, reason.find(": ", 6) - 6);
        std::erase(path, ']');
        std::replace_if(
            path.begin(), path.end(), [](char c) { return c == '.' || c == '['; }, '/');
        return path;
    }
    for (const std::string_view begin : {"API reference: ", "volume type "})
        if (reason.starts_with(begin))
            reason.erase(0, begin.size());
    if (const std::size_t end = reason.find("]: "); end != reason.npos) // "containers[web]: protocol"
        reason.erase(0, end + 3);
    return "/" + reason.substr(0, reason.find(' '));
}

// What another agent says, changed by what is different here.
Expected expected(const Row& row, const Facts& facts) {
    Expected out;
    std::string verdict = row.verdict.substr(0, row.verdict.find(" [note: ")); // every document of a file is read here
    // Workloads become the pods of their template; the other kinds are refused by name.
    if (verdict.starts_with("reject: kind ")) {
        if (!is_workload(row.kind))
            return {.accepted = false, .warned = {}, .refused = {"/kind"}};
        const std::size_t begin = verdict.find("would be: ") + 10;
        verdict = verdict.substr(begin, verdict.size() - 1 - begin);
    }
    const bool ignores = verdict.starts_with("accept-with-ignored-fields: ");
    const bool rejects = verdict.starts_with("reject: ");
    for (const std::string& reason : ignores || rejects ? split(verdict.substr(verdict.find(": ") + 2)) : split("")) {
        // ConfigMaps and Secrets are local objects.
        if (reason.starts_with("API reference: configMap") || reason.starts_with("API reference: secret") ||
            reason.starts_with("API reference: envFrom") || reason == "API reference: projected configMap" ||
            reason == "API reference: projected secret")
            continue;
        // There are no tokens here, and published files ask for them all the same: ignored aloud.
        if (reason == "API reference: serviceAccountName")
            out.warned.push_back("/spec/serviceAccount");
        // Pods start and are stopped in this order here.
        else if (reason == "priority" || reason == "priorityClassName")
            continue;
        // This is Linux: the table of fields has them as refused.
        else if (reason.ends_with("windowsOptions"))
            out.refused.push_back("/windowsOptions");
        // An unknown field is an error; a kubelet drops it without a word.
        else if (reason.starts_with("unknown fields"))
            out.refused.push_back(reason.substr(reason.rfind('.') + 1));
        // Several objects in one JSON file are read as kubectl reads them.
        else if (reason.starts_with("not parseable") && row.path.find(".json") != std::string::npos)
            continue;
        else if (rejects)
            out.refused.push_back(field_of(reason));
        else if (ignores)
            out.warned.push_back("/" + reason.substr(reason.rfind('.') + 1));
    }
    // The default asks for nothing.
    if (facts.default_scheduler)
        std::erase(out.warned, "/schedulerName");
    // What a server sets comes back with everything that was printed once.
    std::erase(out.warned, "/creationTimestamp");
    // Kubernetes takes the last of two values, and so hides a mistake.
    if (facts.duplicate_key)
        out.refused.push_back("");
    // No API server serves these any more.
    if (facts.old_version)
        out.refused.push_back("/apiVersion");
    // The annotation is taken for the field, whose profile is not there yet.
    if (facts.app_armor)
        out.warned.push_back("/securityContext/appArmorProfile");
    // A kubelet waits with InvalidImageName for what can never be.
    if (facts.impossible_image)
        out.refused.push_back("/image");
    out.accepted = out.refused.empty();
    return out;
}

// Where ours is right, and why.
const std::map<std::string_view, std::string_view> ours_is_right = {
    // A hundred problems are told, and these have more.
    {"kubernetes/api/testdata/HEAD/core.v1.Pod.json", "the name is not among the first hundred problems"},
    {"kubernetes/api/testdata/HEAD/core.v1.Pod.yaml", "the name is not among the first hundred problems"},
    {"kubernetes/kubernetes/cluster/addons/calico-policy-controller/calico-node-daemonset.yaml",
     "its hostPath is a placeholder, which is no path on any machine"},
    {"kubernetes/kubernetes/cluster/addons/node-problem-detector/npd.yaml#doc2",
     "\"nodeSelectors\" is a typing error, which the API server refuses as well"},
    {"kubernetes/kubernetes/hack/testdata/deployment-label-change3.yaml",
     "the selector does not match the template, which the API server refuses as well"},
    {"luksa/kubernetes-in-action-2nd-edition/Chapter09/pod.node-explorer.specific-node.yaml",
     "the nodeName is a sentence, which the API server refuses as well"},
};

std::string corpus() {
    const char* given = std::getenv("PODINIT_SHARED");
    return std::string(given ? given : SOURCE_ROOT "/../shared") + "/corpus/";
}

std::vector<Row> rows(std::istream& list) {
    std::vector<Row> out;
    std::string line;
    std::getline(list, line);
    while (std::getline(list, line)) {
        Row row;
        std::string uses;
        std::istringstream columns(line);
        std::getline(columns, row.path, '\t');
        std::getline(columns, row.kind, '\t');
        std::getline(columns, uses, '\t');
        std::getline(columns, row.verdict, '\t');
        out.push_back(std::move(row));
    }
    return out;
}

// One row's document, as podctl makes it of its file.
struct Document {
    std::string json;                // empty: the file does not read
    std::vector<std::string> errors; // of the file
};

Document document_of(const Row& row) {
    std::string path = row.path;
    std::size_t document = 0;
    std::string pointer;
    if (const std::size_t mark = path.rfind("#doc"); mark != path.npos) {
        char* end = nullptr;
        document = std::strtoul(path.c_str() + mark + 4, &end, 10);
        if (std::string_view(end).starts_with(".items"))
            pointer = "/items/" + std::string(end + 6);
        path.resize(mark);
    }
    ctl::Inputs inputs;
    ctl::add_file(inputs, corpus() + path);
    Document out{"", inputs.errors()};
    for (const ctl::InputObject& object : inputs.objects)
        if (object.document == document && object.pointer == pointer)
            out.json = object.json;
    if (row.kind.ends_with("(unparsed)") && !out.errors.empty())
        out.json.clear(); // the row is the whole file
    return out;
}

bool impossible_image(const ctl::JsonValue& pod_spec) {
    for (const char* list : {"containers", "initContainers"})
        if (const ctl::JsonValue* containers = pod_spec.find(list))
            for (const ctl::JsonValue& container : containers->items)
                if (ctl::text_at(container, {"image"})
                        .find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._:/@-") != std::string::npos)
                    return true;
    return false;
}

Facts facts_of(const Document& document) {
    Facts facts;
    for (const std::string& error : document.errors)
        facts.duplicate_key = facts.duplicate_key || error.find("duplicate key") != error.npos;
    const auto value = ctl::read_json(document.json);
    if (!value)
        return facts;
    const bool workload = is_workload(ctl::text_at(*value, {"kind"}));
    facts.old_version = workload && ctl::text_at(*value, {"apiVersion"}) != "apps/v1";
    const auto* spec = workload ? ctl::find_at(*value, {"spec", "template", "spec"}) : value->find("spec");
    const auto* annotations = ctl::find_at(*value, {"metadata", "annotations"});
    facts.default_scheduler = spec && ctl::text_at(*spec, {"schedulerName"}) == "default-scheduler";
    facts.impossible_image = spec && impossible_image(*spec);
    if (annotations)
        for (const auto& [key, profile] : annotations->members)
            if (key.starts_with("container.apparmor.security.beta.kubernetes.io/") && profile.text != "unconfined")
                facts.app_armor = true;
    return facts;
}

struct Outcome {
    bool accepted = false;
    std::vector<std::string> errors; // pointers
    std::vector<std::string> warnings;
    std::string text;        // for people
    bool reads_again = true; // what is kept of it, as the same
    double seconds = 1e9;
};

// A Pod's text or an object's; what a workload's pods say of their owner is not for manifests.
bool reads_again(const spec::Object& object) {
    if (!std::all_of(object.pods.begin(), object.pods.end(),
                     [](const spec::Manifest& pod) { return spec::read_canonical(pod.text).has_value(); }))
        return false;
    const bool is_pod = object.kind == spec::Kind::Pod;
    const std::string& text = is_pod ? object.pods.front().text : object.text;
    const auto again = spec::read_object(text);
    return object.kind == spec::Kind::Ignored || (again && (is_pod ? again->pods.front().text : again->text) == text &&
                                                  again->pods.size() == object.pods.size());
}

Outcome outcome_of(const Row& row, const Document& document) {
    Outcome out;
    for (const std::string& error : document.errors)
        out.text += "\n  " + error;
    if (document.json.empty()) {
        out.errors.emplace_back("");
        out.seconds = 0;
        return out;
    }
    auto object = spec::read_object(document.json);
    for (int i = 0; i < 3; ++i) { // the best of three: others work on this machine, too
        const auto begin = std::chrono::steady_clock::now();
        object = spec::read_object(document.json);
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
        out.seconds = std::min(out.seconds, took.count());
    }
    out.accepted = object.has_value();
    out.reads_again = !object || reads_again(*object);
    for (const spec::Problem& problem : object ? object->warnings : object.error()) {
        std::string pointer = problem.pointer;
        if (is_workload(row.kind) && pointer.starts_with("/spec/template/"))
            pointer.erase(0, std::string_view("/spec/template").size());
        out.text += "\n  " + spec::to_text("", problem);
        (problem.severity == spec::Severity::Error ? out.errors : out.warnings).push_back(std::move(pointer));
    }
    return out;
}

// Is there a problem at the field, in it, or at what it would be in?
bool names(const std::vector<std::string>& pointers, const std::string& field) {
    return std::any_of(pointers.begin(), pointers.end(), [&](const std::string& pointer) {
        return pointer.find(field) != pointer.npos || (!pointer.empty() && field.starts_with(pointer));
    });
}

bool as_expected(const Outcome& outcome, const Expected& expected) {
    const auto named = [](const std::vector<std::string>& pointers, const std::vector<std::string>& fields) {
        return std::all_of(fields.begin(), fields.end(), [&](const std::string& f) { return names(pointers, f); });
    };
    return outcome.accepted == expected.accepted &&
           (expected.accepted ? named(outcome.warnings, expected.warned) : named(outcome.errors, expected.refused));
}

} // namespace

TEST_CASE("other people's manifests are understood as was foreseen") {
    std::ifstream list(corpus() + "corpus.tsv");
    if (!list) {
        WARN("skipped: no manifests at " << corpus());
        return;
    }
    std::size_t accepted = 0, refused = 0, different = 0;
    std::pair<double, std::string> slowest; // seconds for each KiB
    const std::vector<Row> all = rows(list);
    for (const Row& row : all) {
        const Document document = document_of(row);
        const Outcome outcome = outcome_of(row, document);
        const Expected wanted = expected(row, facts_of(document));
        ++(outcome.accepted ? accepted : refused);
        slowest =
            std::max(slowest, {outcome.seconds * 1024 / static_cast<double>(document.json.size() + 1024), row.path});
        const bool good = as_expected(outcome, wanted);
        different += !good;
        INFO(row.path << "\nverdict: " << row.verdict << "\nexpected to be "
                      << (wanted.accepted ? "accepted" : "refused") << ", is "
                      << (outcome.accepted ? "accepted" : "refused") << outcome.text);
        CHECK(outcome.reads_again);
        const auto listed = ours_is_right.find(row.path);
        if (listed == ours_is_right.end())
            CHECK(good);
        else
            CHECK_FALSE(good); // take it off the list
    }
    CHECK(all.size() > 800);
    CHECK(different * 100 <= all.size());
    std::printf("%zu documents: %zu accepted, %zu refused, %zu otherwise than foreseen; slowest for its size: %.0f "
                "us/KiB, %s\n",
                all.size(), accepted, refused, different, slowest.first * 1e6, slowest.second.c_str());
}
