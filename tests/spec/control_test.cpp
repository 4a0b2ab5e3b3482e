// SPDX-License-Identifier: Apache-2.0
#include "spec/control.hpp"

#include "tests/catch.hpp"

#include <string>
#include <string_view>

using namespace std::string_literals;

namespace {

spec::ControlError error_of(std::string_view message) {
    const auto request = spec::read_request(message);
    REQUIRE_FALSE(request);
    return request.error();
}

spec::ControlError refusal_of(std::string_view reply) {
    const auto answer = spec::read_answer(reply, spec::Node{});
    REQUIRE_FALSE(answer);
    return answer.error();
}

struct Exchange {
    spec::Request request;
    std::string request_text;
    spec::Reply reply;
    std::string reply_text;
};

std::string called(std::string_view method, std::string_view parameters, std::string_view rest = "") {
    return "{\"method\":\"" + std::string(method) + "\",\"parameters\":" + std::string(parameters) + std::string(rest) +
           "}";
}

spec::NodeInfo some_node() {
    return {.hostname = "kiosk",
            .machine_id = "1",
            .boot_id = "2",
            .kernel = "6.1.0",
            .architecture = "x86_64",
            .version = "0.1.0",
            .uptime_seconds = 5'000'000'000,
            .cpus = 4,
            .memory_bytes = 1,
            .pid1 = true,
            .pods = 2,
            .addresses = {"10.0.2.15"},
            .manifest_dirs = {"/m"},
            .image_dirs = {"/i"},
            .features = {{"cgroup2", false, "no memory controller"}},
            .rejected = {{"a.json", {"/spec: required value"}}}};
}

const Exchange exchanges[] = {
    {{spec::GetInfo{}},
     called("org.varlink.service.GetInfo", "{}"),
     spec::ServiceInfo{"v", "p", "1", "u", {"io.podinit"}},
     R"({"vendor":"v","product":"p","version":"1","url":"u","interfaces":["io.podinit"]})"},
    {{spec::GetInterfaceDescription{"io.podinit"}},
     called("org.varlink.service.GetInterfaceDescription", R"({"interface":"io.podinit"})"),
     spec::InterfaceDescription{"interface io.podinit\n"},
     R"({"description":"interface io.podinit\n"})"},
    {{spec::Apply{{{R"({"kind":"Pod","n":1.50,"x":null})"}, {"7"}}, true, true}},
     called("io.podinit.Apply", R"({"manifests":[{"kind":"Pod","n":1.50,"x":null},7],"transient":true,"dryRun":true})"),
     spec::Applied{{{"default", "web", spec::Outcome::Created, {}, "pod", {}},
                    {"a", "b", spec::Outcome::Configured, {"old"}, "pod", {}},
                    {"a", "c", spec::Outcome::Unchanged, {}, "pod", {}}}},
     R"({"items":[{"resource":"pod","namespace":"default","name":"web","outcome":"created","warnings":[]},)"
     R"({"resource":"pod","namespace":"a","name":"b","outcome":"configured","warnings":["old"]},)"
     R"({"resource":"pod","namespace":"a","name":"c","outcome":"unchanged","warnings":[]}]})"},
    {{spec::Apply{{{"7"}}, false, false, 60, true}, true},
     called("io.podinit.Apply", R"({"manifests":[7],"waitSeconds":60,"rollback":true})", R"(,"more":true)"),
     spec::Applied{{}, spec::Rollout::RolledBack, {{"pod", "default", "web", "has failed"}}},
     R"({"items":[],"rollout":"rolledBack",)"
     R"("unready":[{"resource":"pod","namespace":"default","name":"web","why":"has failed"}]})"},
    {{spec::Delete{"default", "web", 0, ""}, true},
     called("io.podinit.Delete", R"({"namespace":"default","name":"web","gracePeriodSeconds":0})", R"(,"more":true)"),
     spec::Deleted{spec::DeleteState::Gone},
     R"({"state":"gone"})"},
    {{spec::List{"default", "", ""}, true},
     called("io.podinit.List", R"({"namespace":"default"})", R"(,"more":true)"),
     spec::Listed{spec::RawJson{R"({"kind":"Pod"})"}},
     R"({"object":{"kind":"Pod"}})"},
    {{spec::Exec{"default", "web", "c", {"sh", "-c", "\""}, true, "linux"}},
     called(
         "io.podinit.Exec",
         R"({"namespace":"default","name":"web","container":"c","command":["sh","-c","\""],"tty":true,"term":"linux"})"),
     spec::ExecDone{137},
     R"({"exitCode":137})"},
    {{spec::Logs{"default", "web", "", true}},
     called("io.podinit.Logs", R"({"namespace":"default","name":"web","previous":true})"),
     spec::LogPath{"", true},
     R"({"path":"","ended":true})"},
    {{spec::Restart{"default", "web", ""}, false, true},
     called("io.podinit.Restart", R"({"namespace":"default","name":"web"})", R"(,"oneway":true)"),
     spec::Restarted{{"a", "b"}},
     R"({"containers":["a","b"]})"},
    {{spec::SetCondition{"default", "web", "example.com/lb", "True"}},
     called("io.podinit.SetCondition",
            R"({"namespace":"default","name":"web","type":"example.com/lb","status":"True"})"),
     spec::ConditionSet{},
     "{}"},
    {{spec::Node{}},
     called("io.podinit.Node", "{}"),
     some_node(),
     R"({"hostname":"kiosk","machineId":"1","bootId":"2","kernel":"6.1.0","architecture":"x86_64","version":"0.1.0",)"
     R"("uptimeSeconds":5000000000,"cpus":4,"memoryBytes":1,"pid1":true,"pods":2,"addresses":["10.0.2.15"],)"
     R"("manifestDirectories":["/m"],"imageDirectories":["/i"],)"
     R"("features":[{"name":"cgroup2","present":false,"detail":"no memory controller"}],)"
     R"("rejected":[{"file":"a.json","problems":["/spec: required value"]}]})"},
    {{spec::Confirm{}}, called("io.podinit.Confirm", "{}"), spec::Confirmed{{"a"}}, R"({"confirmed":["a"]})"},
    {{spec::Power{spec::PowerAction::Kexec}},
     called("io.podinit.Power", R"({"action":"kexec"})"),
     spec::PowerAccepted{},
     "{}"},
    {{spec::Reexec{"/sbin/podinit"}},
     called("io.podinit.Reexec", R"({"binary":"/sbin/podinit"})"),
     spec::Reexecuted{"0.2.0"},
     R"({"version":"0.2.0"})"},
};

} // namespace

TEST_CASE("every call is written as Varlink and read back") {
    std::size_t seen = 0; // how many kinds of calls: none is missing
    for (const Exchange& exchange : exchanges) {
        INFO(exchange.request_text);
        const std::size_t index = exchange.request.call.index();
        CHECK((index == seen || index + 1 == seen));
        seen = index + 1;
        CHECK(spec::write_request(exchange.request) == exchange.request_text);
        const auto read = spec::read_request(exchange.request_text);
        REQUIRE(read);
        CHECK(read->call.index() == exchange.request.call.index());
        CHECK(spec::write_request(*read) == exchange.request_text);
    }
    CHECK(seen == std::variant_size_v<spec::Call>);
}

TEST_CASE("every reply is written as Varlink and read back by whom it answers") {
    for (const Exchange& exchange : exchanges) {
        const std::string text = "{\"parameters\":" + exchange.reply_text + "}";
        INFO(text);
        CHECK(spec::write_reply(exchange.reply) == text);
        const auto read = spec::read_answer(text, exchange.request.call);
        REQUIRE(read);
        CHECK_FALSE(read->continues);
        CHECK(spec::write_reply(read->reply) == text);
    }
    const std::string more = spec::write_reply(spec::Listed{}, true);
    CHECK(more == R"({"parameters":{},"continues":true})");
    const auto read = spec::read_answer(more, spec::List{});
    REQUIRE(read);
    CHECK(read->continues);
    CHECK_FALSE(std::get<spec::Listed>(read->reply).object);
}

TEST_CASE("what a call leaves out has its default") {
    const auto request = spec::read_request(R"({ "method": "io.podinit.List", "more": true, "parameters": null })");
    REQUIRE(request);
    CHECK(std::get<spec::List>(request->call).name.empty());
    CHECK(spec::read_request(R"({"method":"io.podinit.Node","oneway":false,"x-trace":[1]})"));
    const auto apply = spec::read_request(called("io.podinit.Apply", R"({"manifests":[],"transient":null})"));
    REQUIRE(apply);
    CHECK_FALSE(std::get<spec::Apply>(apply->call).transient);
}

TEST_CASE("a bad parameter is named") {
    struct {
        const char* method;
        const char* parameters;
        const char* parameter;
        const char* pointer;
        const char* message;
    } const table[] = {
        {"Delete", R"({"namespace":"a","name":"b","now":true})", "now", "/now", "unknown field \"now\""},
        {"Delete", R"({"namespace":"a"})", "name", "/name", "required value"},
        {"Delete", R"({"namespace":"a","name":null})", "name", "/name", "required value"},
        {"Delete", R"({"namespace":"a","name":"b","gracePeriodSeconds":-1})", "gracePeriodSeconds",
         "/gracePeriodSeconds", "must not be negative"},
        {"Delete", R"({"namespace":"a","name":"b","gracePeriodSeconds":1.5})", "gracePeriodSeconds",
         "/gracePeriodSeconds", "expected an integer, not 1.5"},
        {"Exec", R"({"namespace":"a","name":"b","command":[]})", "command", "/command", "must not be empty"},
        {"Exec", R"({"namespace":"a","name":"b","command":["x",1]})", "command", "/command/1",
         "expected a string, not a number; write \"1\""},
        {"Apply", R"({"manifests":{}})", "manifests", "/manifests", "expected an array, not an object"},
        {"Power", R"({"action":"sleep"})", "action", "/action",
         "unsupported value \"sleep\"; supported values: \"poweroff\", \"reboot\", \"halt\", \"kexec\""},
        {"Reexec", R"({"binary":"podinit"})", "binary", "/binary", "must be an absolute path"},
        {"Node", "[]", "", "", "expected an object, not an array"},
    };
    for (const auto& row : table) {
        INFO(row.parameters);
        const auto error = error_of(called("io.podinit."s + row.method, row.parameters));
        CHECK(error.name == "org.varlink.service.InvalidParameter");
        CHECK(error.subject == row.parameter);
        CHECK(error.pointer == row.pointer);
        CHECK(error.message == row.message);
    }
}

TEST_CASE("a method or an interface that is not there is named") {
    CHECK(error_of(called("io.podinit.Frob", "{}")).name == "org.varlink.service.MethodNotFound");
    CHECK(error_of(called("io.podinit.Frob", "{}")).subject == "io.podinit.Frob");
    CHECK(error_of(called("org.varlink.service.Apply", "{}")).name == "org.varlink.service.MethodNotFound");
    CHECK(error_of(called("io.systemd.Frob", "{}")).name == "org.varlink.service.InterfaceNotFound");
    CHECK(error_of(called("io.systemd.Frob", "{}")).subject == "io.systemd");
    CHECK(error_of(called("Frob", "{}")).name == "org.varlink.service.InterfaceNotFound");
}

TEST_CASE("List without more is told what it lacks, and an upgrade is refused") {
    CHECK(error_of(called("io.podinit.List", "{}")).name == "org.varlink.service.ExpectedMore");
    CHECK(error_of(called("io.podinit.Node", "{}", ",\"upgrade\":true")).name == "io.podinit.Refused");
}

TEST_CASE("only events are watched") {
    const auto events = spec::read_request(
        called("io.podinit.List", R"({"resource":"event","name":"web","watch":true})", R"(,"more":true)"));
    REQUIRE(events);
    CHECK(std::get<spec::List>(events->call).watch);
    const auto pods = error_of(called("io.podinit.List", R"({"watch":true})", R"(,"more":true)"));
    CHECK(pods.name == "org.varlink.service.InvalidParameter");
    CHECK(pods.pointer == "/watch");
}

TEST_CASE("what is no Varlink call is refused with its place") {
    struct {
        std::string text;
        const char* message;
    } const table[] = {
        {"", "the document is empty"},
        {"{\"method\":", "message:1:11: not JSON: the text ends too early"},
        {"GET / HTTP/1.1\r\n", "message:1:1: not JSON: syntax error"},
        {"[]", "expected an object, not an array"},
        {"{}", "/method: required value"},
        {R"({"method":7})", "/method: expected a string, not a number; write \"7\""},
        {R"({"method":"io.podinit.Node","more":1})", "/more: expected a boolean, not a number"},
        {R"({"method":"a","method":"b"})", "/method: duplicate key"},
        {R"({"method":"io.podinit.Apply","parameters":{"manifests":[{"kind":1,"kind":2}]}})",
         "/parameters/manifests/0/kind: duplicate key"},
        {R"({"method":"io.podinit.Node\u0000"})", "/method: the character U+0000 is not allowed in a string"},
    };
    for (const auto& row : table) {
        INFO(row.text);
        const auto error = error_of(row.text);
        CHECK(error.name == "io.podinit.Invalid");
        CHECK(error.message == row.message);
    }
    CHECK(error_of(std::string(spec::max_message_bytes + 1, ' ')).name == "io.podinit.Invalid");
    CHECK(error_of(std::string(100'000, '[')).name == "io.podinit.Invalid");
}

TEST_CASE("every error survives the wire") {
    spec::ControlError invalid{.name = "io.podinit.Invalid"};
    invalid.problems = {{2, "/spec/containers", "required value"}, {3, "", "the document is empty"}};
    struct {
        spec::ControlError error;
        const char* text;
        const char* message;
    } const table[] = {
        {spec::not_found("pod", "web"), R"({"error":"io.podinit.NotFound","parameters":{"what":"pod","name":"web"}})",
         "pod \"web\" not found"},
        {spec::refused("going down"), R"({"error":"io.podinit.Refused","parameters":{"reason":"going down"}})",
         "going down"},
        {spec::failed("no \"sh\""), R"({"error":"io.podinit.Failed","parameters":{"reason":"no \"sh\""}})",
         "no \"sh\""},
        {invalid,
         R"({"error":"io.podinit.Invalid","parameters":{"problems":[)"
         R"({"index":2,"pointer":"/spec/containers","message":"required value"},)"
         R"({"index":3,"pointer":"","message":"the document is empty"}]}})",
         "/spec/containers: required value"},
        {spec::permission_denied(), R"({"error":"org.varlink.service.PermissionDenied","parameters":{}})",
         "permission denied"},
        {error_of(called("io.podinit.Power", "{}")),
         R"({"error":"org.varlink.service.InvalidParameter",)"
         R"("parameters":{"parameter":"action","pointer":"/action","message":"required value"}})",
         "required value"},
        {error_of(called("a.b", "{}")),
         R"({"error":"org.varlink.service.InterfaceNotFound","parameters":{"interface":"a"}})",
         "interface \"a\" not found"},
        {error_of(called("io.podinit.B", "{}")),
         R"({"error":"org.varlink.service.MethodNotFound","parameters":{"method":"io.podinit.B"}})",
         "method \"io.podinit.B\" not found"},
        {error_of(called("io.podinit.List", "{}")), R"({"error":"org.varlink.service.ExpectedMore","parameters":{}})",
         "the call has more than one reply: it needs \"more\""},
    };
    for (const auto& row : table) {
        INFO(row.text);
        CHECK(spec::write_error(row.error) == row.text);
        const auto read = refusal_of(row.text);
        CHECK(read.name == row.error.name);
        CHECK(read.message == row.message);
        CHECK(spec::write_error(read) == row.text);
    }
}

TEST_CASE("a client makes sense of a server that knows more than it does") {
    CHECK(refusal_of(R"({"error":"io.podinit.Busy","parameters":{"until":1}})").message == "io.podinit.Busy");
    CHECK(refusal_of(R"({"error":"io.podinit.Refused"})").name == "io.podinit.Refused");
    const auto newer = spec::read_answer(R"({"parameters":{"exitCode":1,"signal":9},"version":2})", spec::Exec{});
    REQUIRE(newer);
    CHECK(std::get<spec::ExecDone>(newer->reply).exit_code == 1);
}

TEST_CASE("a reply that makes no sense is an error") {
    for (const char* text : {"", "{", "[]", R"({"parameters":{}})", R"({"parameters":{"exitCode":"1"}})",
                             R"({"parameters":{"exitCode":1},"continues":"yes"})", R"({"error":1})"}) {
        INFO(text);
        const auto answer = spec::read_answer(text, spec::Exec{});
        REQUIRE_FALSE(answer);
        CHECK(answer.error().name == "io.podinit.Invalid");
        CHECK_FALSE(answer.error().message.empty());
    }
}

TEST_CASE("who may only look may make the calls that change nothing") {
    CHECK(spec::is_read_only(spec::GetInfo{}));
    CHECK(spec::is_read_only(spec::GetInterfaceDescription{}));
    CHECK(spec::is_read_only(spec::List{}));
    CHECK(spec::is_read_only(spec::List{.namespace_ = "", .name = "", .resource = "configmaps"}));
    CHECK_FALSE(spec::is_read_only(spec::List{.namespace_ = "", .name = "", .resource = "secrets"}));
    CHECK(spec::is_read_only(spec::List{.namespace_ = "", .name = "", .resource = "event", .watch = true}));
    CHECK(spec::is_read_only(spec::Logs{}));
    CHECK(spec::is_read_only(spec::Node{}));
    CHECK_FALSE(spec::is_read_only(spec::Apply{}));
    CHECK_FALSE(spec::is_read_only(spec::Delete{}));
    CHECK_FALSE(spec::is_read_only(spec::Exec{}));
    CHECK_FALSE(spec::is_read_only(spec::Restart{}));
    CHECK_FALSE(spec::is_read_only(spec::Power{}));
    CHECK_FALSE(spec::is_read_only(spec::Reexec{}));
    CHECK_FALSE(spec::is_read_only(spec::SetCondition{}));
}
