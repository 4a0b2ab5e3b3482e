// SPDX-License-Identifier: Apache-2.0
// podctl as a program, against a podinit that says what the test wants.
#include "spec/status.hpp"
#include "tests/catch.hpp"
#include "tests/ctl/fake_podinit.hpp"

#include <chrono>
#include <condition_variable>
#include <fstream>
#include <mutex>

using tests::FakePodinit;
using tests::Peer;
using tests::podctl;

namespace {

constexpr const char* web_yaml = "apiVersion: v1\n"
                                 "kind: Pod\n"
                                 "metadata:\n"
                                 "  name: web\n"
                                 "spec:\n"
                                 "  containers:\n"
                                 "  - name: app\n"
                                 "    image: nginx:1\n";

std::string pod_json(const std::string& name, const std::string& namespace_ = "default") {
    return R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":")" + name + R"(","namespace":")" + namespace_ +
           R"(","uid":"1","labels":{"app":")" + name +
           R"("}},"spec":{"containers":[{"name":"app","image":"nginx:1"},{"name":"side","image":"host"}]},)"
           R"("status":{"phase":"Pending"}})";
}

void answer_list(const std::vector<std::string>& pods, Peer& peer) {
    for (std::size_t i = 0; i < pods.size(); ++i)
        peer.reply(spec::Listed{spec::RawJson{pods[i]}}, i + 1 < pods.size());
    if (pods.empty())
        peer.reply(spec::Listed{});
}

// A podinit with the pods web and db in the namespace default, and top in kube-system.
void pods_of_three(const spec::Request& request, Peer& peer) {
    const auto& list = std::get<spec::List>(request.call);
    if (list.name.empty())
        return answer_list(list.namespace_.empty()
                               ? std::vector{pod_json("web"), pod_json("top", "kube-system"), pod_json("db")}
                           : list.namespace_ == "default" ? std::vector{pod_json("web"), pod_json("db")}
                                                          : std::vector<std::string>{},
                           peer);
    if (list.name == "web" || list.name == "db")
        return answer_list({pod_json(list.name)}, peer);
    peer.error(spec::not_found("pods", list.name));
}

void never(const spec::Request&, Peer& peer) {
    peer.error(spec::failed("the test expects no call"));
}

std::string write_file(const FakePodinit& podinit, const std::string& name, const std::string& text) {
    const std::string path = podinit.directory() + "/" + name;
    std::ofstream(path) << text;
    return path;
}

} // namespace

TEST_CASE("apply sends every pod in one call and says what became of each") {
    FakePodinit podinit([](const spec::Request& request, Peer& peer) {
        const auto& apply = std::get<spec::Apply>(request.call);
        spec::Applied applied;
        constexpr spec::Outcome outcomes[] = {spec::Outcome::Created, spec::Outcome::Configured,
                                              spec::Outcome::Unchanged};
        for (std::size_t i = 0; i < apply.manifests.size(); ++i)
            applied.items.push_back({"default", "pod-" + std::to_string(i), outcomes[i % 3], {}, "pod", {}});
        applied.items[0].warnings = {"spec.affinity: ignored: one machine"};
        peer.reply(applied);
    });
    const std::string list = R"({"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Pod","metadata":)"
                             R"({"name":"x"},"spec":{"containers":[{"name":"a","image":"b"}]}}]})";
    const auto web = write_file(podinit, "web.yaml", std::string("# first\n---\n") + web_yaml + "---\n");
    const auto x = write_file(podinit, "list.json", list);
    const auto outcome = podctl(podinit.socket(), {"apply", "-f", web, "--filename=" + x, "-f", "-", "--transient"},
                                std::string(web_yaml).replace(std::string(web_yaml).find("web"), 3, "two"));
    CHECK(outcome.out == "pod/web created\npod/x configured\npod/two unchanged\n");
    CHECK(outcome.err == "Warning: pod/web: spec.affinity: ignored: one machine\n");
    CHECK(outcome.code == 0);
    const auto calls = podinit.calls();
    REQUIRE(calls.size() == 1);
    const auto& apply = std::get<spec::Apply>(calls[0].call);
    CHECK(apply.transient);
    CHECK_FALSE(apply.dry_run);
    REQUIRE(apply.manifests.size() == 3);
    CHECK(apply.manifests[0].text == R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"web"},)"
                                     R"("spec":{"containers":[{"name":"app","image":"nginx:1"}]}})");
}

TEST_CASE("apply -n puts pods without a namespace into that one") {
    FakePodinit podinit([](const spec::Request&, Peer& peer) {
        peer.reply(spec::Applied{{{"site", "web", {}, {}, "pod", {}}}});
    });
    const auto outcome = podctl(podinit.socket(), {"apply", "-n", "site", "-f", "-"}, web_yaml);
    CHECK(outcome.out == "pod/web created\n");
    const auto calls = podinit.calls();
    REQUIRE(calls.size() == 1);
    CHECK(std::get<spec::Apply>(calls[0].call).manifests[0].text.find(R"("namespace":"site")") != std::string::npos);
    const auto other = podctl(podinit.socket(), {"apply", "-nother", "-f", "-"},
                              "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: site}\n"
                              "spec: {containers: [{name: a, image: b}]}\n");
    CHECK(other.err == "error: the namespace from the provided object \"site\" does not match the namespace \"other\". "
                       "You must pass '--namespace=site' to perform this operation.\n");
    CHECK(other.code == 1);
}

TEST_CASE("apply lists every problem of every file by line and pointer, and sends nothing") {
    FakePodinit podinit(never);
    const auto bad = write_file(podinit, "bad.yaml",
                                std::string(web_yaml) + "    imag: x\n"
                                                        "---\n"
                                                        "apiVersion: batch/v1\n"
                                                        "kind: Job\n"
                                                        "metadata: {name: d}\n");
    const auto broken = write_file(podinit, "broken.yaml", "a: [\n");
    const auto json = write_file(podinit, "bad.json",
                                 "{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"Pod\",\n"
                                 "  \"metadata\": {\"name\": \"j\"},\n"
                                 "  \"spec\": {\"containers\": [{\"name\": \"a\", \"image\": 7}]}\n}\n");
    const auto outcome = podctl(podinit.socket(), {"apply", "-f", bad, "-f", broken, "-f", json});
    CHECK(outcome.out.empty());
    CHECK(outcome.code == 1);
    CHECK(podinit.calls().empty());
    const auto says = [&](const std::string& line) {
        return ("\n" + outcome.err).find("\nerror: " + line) != std::string::npos;
    };
    INFO(outcome.err);
    CHECK(says(bad + ":9:5: /spec/containers/0/imag: unknown field \"imag\"; did you mean \"image\"?\n"));
    CHECK(says(bad + ":12:1: /kind: "));
    CHECK(says(broken + ":2:1: "));
    CHECK(says(json + ":5:41: /spec/containers/0/image: "));
}

TEST_CASE("a pod that comes twice, nothing at all, and what is not there are errors of apply") {
    FakePodinit podinit(never);
    const std::pair<std::vector<std::string>, std::string> rows[] = {
        {{"apply"}, "error: must specify -f\n"},
        {{"apply", "-f", "/nonexistent/x.yaml"}, "error: the path \"/nonexistent/x.yaml\" does not exist\n"},
        {{"apply", "-f", podinit.directory()},
         "error: error reading [" + podinit.directory() + "]: recognized file extensions are [.json .yaml .yml]\n"},
        {{"apply", "-f", "-"}, "error: no objects passed to apply\n"},
        {{"apply", "-f", "-", "--dry-run=x"},
         "error: Invalid dry-run value (x). Must be \"none\", \"server\", or \"client\".\n"},
    };
    for (const auto& [args, expected] : rows) {
        const auto outcome = podctl(podinit.socket(), args);
        CHECK(outcome.err == expected);
        CHECK(outcome.code == 1);
    }
    const auto twice = podctl(podinit.socket(), {"apply", "-f", "-"}, std::string(web_yaml) + "---\n" + web_yaml);
    CHECK(twice.err == "error: STDIN:13:3: /metadata/name: pod \"web\" comes twice, first in STDIN\n");
    CHECK(podinit.calls().empty());
}

TEST_CASE("apply --dry-run=client asks nobody, --dry-run=server asks podinit") {
    CHECK(podctl("/nonexistent/socket", {"apply", "--dry-run=client", "-f", "-"}, web_yaml).out ==
          "pod/web created (dry run)\n");
    FakePodinit podinit([](const spec::Request& request, Peer& peer) {
        if (std::get<spec::Apply>(request.call).dry_run)
            peer.reply(spec::Applied{{{"default", "web", spec::Outcome::Configured, {}, "pod", {}}}});
        else
            peer.error(spec::failed("not a dry run"));
    });
    const auto outcome = podctl(podinit.socket(), {"apply", "--dry-run=server", "-f", "-"}, web_yaml);
    CHECK(outcome.out == "pod/web configured (server dry run)\n");
}

TEST_CASE("what podinit alone finds wrong is told by file and line too") {
    FakePodinit podinit([](const spec::Request&, Peer& peer) {
        peer.error({.name = "io.podinit.Invalid", .problems = {{0, "/spec/containers/0/image", "no such image"}}});
    });
    const auto outcome = podctl(podinit.socket(), {"apply", "-f", "-"}, web_yaml);
    CHECK(outcome.err == "error: STDIN:8:5: /spec/containers/0/image: no such image\n");
    CHECK(outcome.code == 1);
}

TEST_CASE("apply reads the manifests of a directory in the order of their names") {
    FakePodinit podinit([](const spec::Request& request, Peer& peer) {
        spec::Applied applied;
        for (const auto& manifest : std::get<spec::Apply>(request.call).manifests)
            applied.items.push_back(
                {"default", manifest.text.find("\"b\"") != std::string::npos ? "b" : "web", {}, {}, "pod", {}});
        peer.reply(applied);
    });
    write_file(podinit, "2.yml", web_yaml);
    write_file(podinit, "1.json",
               R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"b"},)"
               R"("spec":{"containers":[{"name":"a","image":"c"}]}})");
    write_file(podinit, "3.txt", "not a manifest");
    CHECK(podctl(podinit.socket(), {"apply", "-f", podinit.directory()}).out == "pod/b created\npod/web created\n");
}

TEST_CASE("get pods shows a table, by namespace and by name") {
    FakePodinit podinit(pods_of_three);
    const std::pair<std::vector<std::string>, std::string> rows[] = {
        {{"get", "pods"},
         "NAME   READY   STATUS    RESTARTS   AGE\n"
         "db     0/2     Pending   0          <unknown>\n"
         "web    0/2     Pending   0          <unknown>\n"},
        {{"get", "po", "-A", "--no-headers"},
         "default       db    0/2   Pending   0     <unknown>\n"
         "default       web   0/2   Pending   0     <unknown>\n"
         "kube-system   top   0/2   Pending   0     <unknown>\n"},
        {{"get", "pod", "web", "--no-headers"}, "web   0/2   Pending   0     <unknown>\n"},
        {{"get", "pods", "-l", "app in (web,top)", "-o", "name"}, "pod/web\n"},
        {{"get", "pod/web", "pod/db", "-oname"}, "pod/web\npod/db\n"},
    };
    for (const auto& [args, expected] : rows) {
        const auto outcome = podctl(podinit.socket(), args);
        CHECK(outcome.out == expected);
        CHECK(outcome.err.empty());
        CHECK(outcome.code == 0);
    }
}

TEST_CASE("get says what it did not find") {
    FakePodinit podinit(pods_of_three);
    const auto empty = podctl(podinit.socket(), {"-n", "other", "get", "pods"});
    CHECK(empty.out.empty());
    CHECK(empty.err == "No resources found in other namespace.\n");
    CHECK(empty.code == 0);
    const auto nope = podctl(podinit.socket(), {"get", "pod", "nope"});
    CHECK(nope.err == "Error from server (NotFound): pods \"nope\" not found\n");
    CHECK(nope.code == 1);
    const auto partly = podctl(podinit.socket(), {"get", "pod", "nope", "web", "-o", "name"});
    CHECK(partly.out == "pod/web\n");
    CHECK(partly.err == "Error from server (NotFound): pods \"nope\" not found\n");
    CHECK(partly.code == 1);
    CHECK(podctl(podinit.socket(), {"get", "pod", "nope", "-o", "json"}).out.empty());
}

TEST_CASE("get -o yaml and json print one object by its name, otherwise a List") {
    FakePodinit podinit(pods_of_three);
    CHECK(podctl(podinit.socket(), {"get", "pod", "web", "-o", "yaml"}).out == "apiVersion: v1\n"
                                                                               "kind: Pod\n"
                                                                               "metadata:\n"
                                                                               "  labels:\n"
                                                                               "    app: web\n"
                                                                               "  name: web\n"
                                                                               "  namespace: default\n"
                                                                               "  uid: \"1\"\n"
                                                                               "spec:\n"
                                                                               "  containers:\n"
                                                                               "  - image: nginx:1\n"
                                                                               "    name: app\n"
                                                                               "  - image: host\n"
                                                                               "    name: side\n"
                                                                               "status:\n"
                                                                               "  phase: Pending\n");
    const auto json = podctl(podinit.socket(), {"get", "pods", "-l", "app=db", "-o", "json"}).out;
    CHECK(json.starts_with(
        "{\n    \"apiVersion\": \"v1\",\n    \"items\": [\n        {\n            \"apiVersion\": \"v1\",\n"));
    CHECK(json.ends_with(
        "    ],\n    \"kind\": \"List\",\n    \"metadata\": {\n        \"resourceVersion\": \"\"\n    }\n}\n"));
}

TEST_CASE("describe shows each pod, an empty line between") {
    FakePodinit podinit(pods_of_three);
    const auto outcome = podctl(podinit.socket(), {"describe", "pod", "web", "db"});
    CHECK(outcome.out.starts_with(
        "Name:         web\nNamespace:    default\nNode:         <none>\nLabels:       app=web\n"));
    CHECK(outcome.out.find("\n\n\nName:         db\n") != std::string::npos);
    CHECK(outcome.code == 0);
}

TEST_CASE("delete stops all pods before it waits for the first") {
    std::mutex mutex;
    std::condition_variable all_asked;
    int asked = 0;
    FakePodinit podinit([&](const spec::Request& request, Peer& peer) {
        peer.reply(spec::Deleted{spec::DeleteState::Deleting}, request.more);
        std::unique_lock lock(mutex);
        ++asked;
        all_asked.notify_all();
        if (!all_asked.wait_for(lock, std::chrono::seconds(20), [&] { return asked == 3; }))
            return peer.error(spec::failed("not all were asked for"));
        peer.reply(spec::Deleted{spec::DeleteState::Gone});
    });
    const auto outcome = podctl(podinit.socket(), {"delete", "pod", "a", "b", "c", "--now"});
    CHECK(outcome.out == "pod \"a\" deleted\npod \"b\" deleted\npod \"c\" deleted\n");
    CHECK(outcome.err.empty());
    CHECK(outcome.code == 0);
    for (const auto& call : podinit.calls())
        CHECK(std::get<spec::Delete>(call.call).grace_period_seconds == 1);
}

TEST_CASE("delete's options become the call's") {
    FakePodinit podinit([](const spec::Request& request, Peer& peer) {
        if (const auto* remove = std::get_if<spec::Delete>(&request.call); !remove)
            pods_of_three(request, peer);
        else if (remove->name == "nope")
            peer.error(spec::not_found("pods", "nope"));
        else
            peer.reply(spec::Deleted{spec::DeleteState::Gone});
    });
    const auto last = [&] { return std::get<spec::Delete>(podinit.calls().back().call); };
    CHECK(podctl(podinit.socket(), {"delete", "pod/a", "--grace-period", "7", "-n", "site", "--wait=false"}).code == 0);
    CHECK(last().grace_period_seconds == 7);
    CHECK(last().namespace_ == "site");
    CHECK_FALSE(podinit.calls().back().more);
    CHECK(podctl(podinit.socket(), {"delete", "pod/a", "--grace-period=-1"}).code == 0);
    CHECK_FALSE(last().grace_period_seconds);
    CHECK(podinit.calls().back().more);
    CHECK(podctl(podinit.socket(), {"delete", "pods", "-l", "app=db"}).out == "pod \"db\" deleted\n");
    CHECK(podctl(podinit.socket(), {"delete", "pods", "--all"}).out == "pod \"db\" deleted\npod \"web\" deleted\n");
    // What the file says beside a kind and a name does not matter.
    CHECK(podctl(podinit.socket(), {"delete", "-f", "-"}, "kind: Pod\nmetadata: {name: x, namespace: site}\nfoo: bar\n")
              .out == "pod \"x\" deleted\n");
    CHECK(last().namespace_ == "site");
    // A boolean to YAML, and not to be taken for no namespace.
    CHECK(podctl(podinit.socket(), {"delete", "-f", "-"}, "kind: Pod\nmetadata: {name: x, namespace: y}\n").err ==
          "error: STDIN:2:21: /metadata/namespace: expected a string\n");

    const auto nope = podctl(podinit.socket(), {"delete", "pod", "nope", "a"});
    CHECK(nope.out == "pod \"a\" deleted\n");
    CHECK(nope.err == "Error from server (NotFound): pods \"nope\" not found\n");
    CHECK(nope.code == 1);
    CHECK(podctl(podinit.socket(), {"delete", "pod", "nope", "--ignore-not-found"}).code == 0);
    CHECK(podctl(podinit.socket(), {"delete", "-f", "-"}, "kind: Pod\nmetadata: {name: nope}\n").err ==
          "Error from server (NotFound): error when deleting \"STDIN\": pods \"nope\" not found\n");
}

TEST_CASE("set-condition opens and closes readiness gates, one question each") {
    FakePodinit podinit([](const spec::Request&, Peer& peer) { peer.reply(spec::ConditionSet{}); });
    CHECK(podctl(podinit.socket(), {"set-condition", "pod/web", "x/a=True", "b-", "-n", "shop"}).out ==
          "pod/web condition set\n");
    REQUIRE(podinit.calls().size() == 2);
    const auto first = std::get<spec::SetCondition>(podinit.calls()[0].call);
    CHECK(first.namespace_ + " " + first.name + " " + first.type + " " + first.status == "shop web x/a True");
    const auto second = std::get<spec::SetCondition>(podinit.calls()[1].call);
    CHECK(second.type + " " + second.status == "b ");
    for (const std::vector<std::string>& args : {std::vector<std::string>{"set-condition"}, {"set-condition", "web"}})
        CHECK(podctl(podinit.socket(), args).err.starts_with("error: a pod's name and TYPE=STATUS are required"));
    CHECK(podctl(podinit.socket(), {"set-condition", "web", "a"}).err.starts_with("error: \"a\" is no TYPE=STATUS"));
}

TEST_CASE("restart, node, version and the power verbs ask one question each") {
    FakePodinit podinit([](const spec::Request& request, Peer& peer) {
        if (std::holds_alternative<spec::Restart>(request.call))
            peer.reply(spec::Restarted{{"app", "side"}});
        else if (std::holds_alternative<spec::GetInfo>(request.call))
            peer.reply(
                spec::ServiceInfo{.vendor = "x", .product = "podinit", .version = "9.9", .url = "", .interfaces = {}});
        else if (std::holds_alternative<spec::Power>(request.call))
            peer.reply(spec::PowerAccepted{});
        else
            peer.reply(spec::NodeInfo{
                .hostname = "box",
                .kernel = "6.1",
                .architecture = "x86_64",
                .version = "9.9",
                .uptime_seconds = 100,
                .cpus = 2,
                .memory_bytes = 512 << 20,
                .pid1 = true,
                .pods = 3,
                .addresses = {"10.0.2.15"},
                .manifest_dirs = {"/etc/podinit/manifests"},
                .features = {{"overlay", false, "no writable images"}, {"cgroup2", true, "cpu"}, {"devpts", true, ""}},
                .rejected = {{"/m/bad.json", {"/spec/x: unknown field \"x\""}}}});
    });
    CHECK(podctl(podinit.socket(), {"restart", "web"}).out == "pod/web restarted\n");
    CHECK(podctl(podinit.socket(), {"version"}).out == "Client Version: v" PODINIT_VERSION "\nServer Version: v9.9\n");
    CHECK(podctl("", {"version", "--client"}).out == "Client Version: v" PODINIT_VERSION "\n");
    const std::pair<std::vector<std::string>, spec::PowerAction> powers[] = {
        {{"poweroff"}, spec::PowerAction::PowerOff},
        {{"reboot"}, spec::PowerAction::Reboot},
        {{"reboot", "--kexec"}, spec::PowerAction::Kexec},
        {{"halt"}, spec::PowerAction::Halt},
    };
    for (const auto& [args, action] : powers) {
        CHECK(podctl(podinit.socket(), args).code == 0);
        CHECK(std::get<spec::Power>(podinit.calls().back().call).action == action);
    }
    CHECK(podctl(podinit.socket(), {"node"}).out == "Name:          box\n"
                                                    "Machine ID:    <none>\n"
                                                    "Boot ID:       <none>\n"
                                                    "Kernel:        6.1\n"
                                                    "Architecture:  x86_64\n"
                                                    "podinit:       9.9, PID 1\n"
                                                    "Uptime:        100s\n"
                                                    "CPUs:          2\n"
                                                    "Memory:        512 MiB\n"
                                                    "Addresses:     10.0.2.15\n"
                                                    "Pods:          3\n"
                                                    "Manifests:     /etc/podinit/manifests\n"
                                                    "Images:        <none>\n"
                                                    "Features:\n"
                                                    "  cgroup2  yes  cpu\n"
                                                    "  devpts   yes\n"
                                                    "  overlay  no   no writable images\n"
                                                    "Rejected manifests:\n"
                                                    "  /m/bad.json:\n"
                                                    "    /spec/x: unknown field \"x\"\n");
}

TEST_CASE("a wrong command line is told in kubectl's words, with exit code 1") {
    const std::pair<std::vector<std::string>, std::string> rows[] = {
        {{"foo"}, "error: unknown command \"foo\" for \"podctl\"\nSee 'podctl --help' for usage.\n"},
        {{"--foo"}, "error: unknown flag: --foo\nSee 'podctl --help' for usage.\n"},
        {{"get", "pods", "--foo=1"}, "error: unknown flag: --foo\nSee 'podctl get --help' for usage.\n"},
        {{"get", "pods", "-z"}, "error: unknown shorthand flag: 'z' in -z\nSee 'podctl get --help' for usage.\n"},
        {{"get", "pods", "-Az"}, "error: unknown shorthand flag: 'z' in -Az\nSee 'podctl get --help' for usage.\n"},
        {{"get", "-n"}, "error: flag needs an argument: 'n' in -n\nSee 'podctl get --help' for usage.\n"},
        {{"get", "pods", "--selector"},
         "error: flag needs an argument: --selector\nSee 'podctl get --help' for usage.\n"},
        {{"delete", "pod", "a", "--wait=maybe"},
         "error: invalid argument \"maybe\" for --wait flag: neither true nor false\nSee 'podctl delete --help' for "
         "usage.\n"},
        {{"get"},
         "error: Required resource not specified; podinit has pods, configmaps, secrets, daemonsets, deployments and "
         "statefulsets, as in 'podctl get pods'\n"},
        {{"get", "svc"},
         "error: the server doesn't have a resource type \"svc\"; podinit has pods, configmaps, secrets, daemonsets, "
         "deployments and statefulsets\n"},
        {{"get", "pods", "-o", "go-template={}"},
         "error: unable to match a printer suitable for the output format \"go-template={}\", allowed formats are: "
         "custom-columns=SPEC,json,jsonpath=TEMPLATE,name,wide,yaml\n"},
        {{"delete", "pod"}, "error: resource(s) were provided, but no name was specified\n"},
        {{"delete", "pod", "a", "--now", "--grace-period=3"},
         "error: --now and --grace-period cannot be specified together\n"},
        {{"exec", "web"}, "error: you must specify at least one command for the container\n"},
        {{"exec", "web", "ls"},
         "error: exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead\n"
         "See 'podctl exec --help' for usage.\n"},
        {{"logs"}, "error: a pod's name is required\nSee 'podctl logs --help' for usage.\n"},
        {{"logs", "web", "--tail", "x"}, "error: invalid argument \"x\" for \"--tail\" flag: not a whole number\n"},
        {{"node", "x"}, "error: \"node x\" is not known; there are \"node confirm\" and \"node reexec\"\n"},
        {{"node", "--binary", "x"}, "error: --binary is for \"node reexec\"\n"},
    };
    for (const auto& [args, expected] : rows) {
        const auto outcome = podctl("", args);
        CHECK(outcome.err == expected);
        CHECK(outcome.out.empty());
        CHECK(outcome.code == 1);
    }
}

TEST_CASE("help is printed for the program and for every verb") {
    for (const std::vector<std::string>& args : {std::vector<std::string>{},
                                                 {"--help"},
                                                 {"-h"},
                                                 {"help"},
                                                 {"get", "-h"},
                                                 {"logs", "--help", "x"},
                                                 {"help", "exec"}}) {
        const auto outcome = podctl("", args);
        CHECK(outcome.code == 0);
        CHECK(outcome.err.empty());
        CHECK(outcome.out.find("\nUsage:\n  podctl ") != std::string::npos);
    }
    CHECK(podctl("", {"get", "-h"}).out == podctl("", {"help", "get"}).out);
}

TEST_CASE("a podinit that is not there, hangs up, refuses or talks nonsense is named") {
    const auto gone = podctl("/nonexistent/socket", {"get", "pods"});
    CHECK(gone.err == "The connection to podinit at /nonexistent/socket failed: No such file or directory\n"
                      "Is podinit running? One that is not PID 1 is reached by --socket RUN_DIR/control.sock "
                      "(or PODINIT_SOCKET).\n");
    CHECK(gone.code == 1);
    FakePodinit refusing([](const spec::Request&, Peer& peer) { peer.error(spec::permission_denied()); });
    const auto refused = podctl(refusing.socket(), {"get", "pods"});
    CHECK(refused.err.starts_with("Error from server (Forbidden): "));
    CHECK(refused.code == 1);
    FakePodinit nonsense([](const spec::Request&, Peer& peer) { peer.reply(spec::PowerAccepted{}); });
    CHECK(podctl(nonsense.socket(), {"version"}).code == 1);
    FakePodinit leaving([](const spec::Request&, Peer& peer) { peer.hang_up(); });
    const auto lost = podctl(leaving.socket(), {"get", "pods"});
    CHECK(lost.err == "The connection to podinit at " + leaving.socket() + " was lost: podinit closed it\n");
    CHECK(lost.code == 1);
}
