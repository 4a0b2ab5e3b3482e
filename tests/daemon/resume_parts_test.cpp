// SPDX-License-Identifier: Apache-2.0
// What the daemon knows of pods, objects, events and clients is there again for the podinit that comes after it.
// Whoever crashes runs no destructors: neither do the parts here.
#include "initd/control.hpp"
#include "initd/event_log.hpp"
#include "initd/manifests.hpp"
#include "initd/order.hpp"
#include "initd/orphans.hpp"
#include "tests/catch.hpp"
#include "tests/daemon/log_rig.hpp"
#include "tests/daemon/never_destroyed.hpp"
#include "tests/nowhere.hpp"
#include "tests/state/files.hpp"

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

using namespace initd;
using namespace std::chrono_literals;

namespace {

spec::Manifest pod(const std::string& name, const std::string& annotations = "", const std::string& fields = "") {
    auto read = spec::read_manifest(R"({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": ")" + name +
                                    R"(", "annotations": {)" + annotations +
                                    R"(}}, "spec": {"containers": [{"name": "c", "image": "host"}])" + fields + "}}");
    REQUIRE(read);
    return std::move(*read);
}

spec::Object object(const std::string& json) {
    auto read = spec::read_object(json);
    REQUIRE(read);
    return std::move(*read);
}

spec::Object config_map(const std::string& name, const std::string& value) {
    return object(R"({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": ")" + name +
                  R"("}, "data": {"key": ")" + value + R"("}})");
}

spec::Object deployment(const std::string& name) {
    return object(R"({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": ")" + name +
                  R"("}, "spec": {"replicas": 2, "selector": {"matchLabels": {"a": "b"}}, "template": {"metadata":
                  {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "host"}]}}}})");
}

int connect_to(const std::string& path) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    return fd;
}

bool is_closed(int fd) {
    char byte;
    return ::recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
}

} // namespace

TEST_CASE("a hundred pods come back with all that was said of them, and a slot that was free is free") {
    StateFile state = made();
    auto& pods = never_destroyed(new PodStore(state));
    for (int i = 0; i < 100; ++i)
        pods.add(pod("pod-" + std::to_string(i), "", R"(, "hostname": "h)" + std::to_string(i) + "\""), i % 3, 0,
                 {7, static_cast<std::uint32_t>(i)});
    pods.free(40);
    pods.free(99);
    pods.leave(41);
    pods.set_failure(3, {0, "ErrImageNeverPull", "there is none"});
    pods.set_failure(4, {0, "StartError", "x"});
    pods.clear_failure(4, 0);
    pods.set_message(5, {0, 2, std::string("any\0bytes", 9), true});
    pods.set_condition(6, {"gate", "True", 5s});
    pods.set_origin(7, {8, 9});
    CHECK(pods.add(pod("late")) == 40);

    StateFile next = adopted(state);
    PodStore again(next);
    again.restore();
    CHECK(next.damaged().empty());
    REQUIRE(again.slots() == 99);
    for (std::uint32_t slot = 0; slot < 99; ++slot) {
        INFO(slot);
        const PodRecord &was = pods.at(slot), &is = again.at(slot);
        CHECK(is.name == was.name);
        CHECK(is.uid == was.uid);
        CHECK(is.text == was.text);
        CHECK(is.own.empty()); // its text is in the state file alone
        CHECK(is.container_name(0) == "c");
        CHECK(is.owner == was.owner);
        CHECK(is.sequence == was.sequence);
        CHECK(is.origin == was.origin);
        CHECK(again.find_any(was.name) == slot);
        if (slot != 40)
            CHECK(again.pod(slot).spec.hostname == "h" + std::to_string(slot));
    }
    CHECK(again.at(41).leaving);
    CHECK_FALSE(again.find(pods.at(41).name));
    REQUIRE(again.at(3).failures.size() == 1);
    CHECK(again.at(3).failures[0].reason == "ErrImageNeverPull");
    CHECK(again.at(4).failures.empty());
    REQUIRE(again.at(5).messages.size() == 1);
    CHECK(again.at(5).messages[0].text == std::string("any\0bytes", 9));
    CHECK(again.at(5).messages[0].from_log);
    REQUIRE(again.at(6).conditions.size() == 1);
    CHECK(again.at(6).conditions[0].since == Millis{5'000});
    CHECK(again.at(7).origin == Origin{8, 9});
    CHECK(again.at(again.add(pod("next"))).sequence > pods.at(40).sequence);
}

TEST_CASE("a text that the state file has no room for stays in memory") {
    StateFile state = made();
    PodStore pods(state);
    const auto slot = pods.add(pod("big", R"("note": ")" + std::string(200'000, 'x') + "\""));
    CHECK(pods.at(slot).own.empty());
    PodStore others(nowhere);
    const auto other = others.add(pod("big"));
    CHECK_FALSE(others.at(other).own.empty());
    CHECK(others.at(other).text.find("\"big\"") != std::string_view::npos);
}

TEST_CASE("an object keeps its id, its text and its data, and no id is given again") {
    StateFile state = made();
    auto& pods = never_destroyed(new PodStore(state));
    auto& objects = never_destroyed(new ObjectStore(state));
    auto one = config_map("one", "first"), changed = config_map("one", "second"), two = deployment("two"),
         gone = deployment("gone");
    objects.put(one, 1s);
    const std::uint32_t id = objects.put(two, 2s, {1, 2}).id;
    const std::uint32_t last = objects.put(gone, 3s).id;
    pods.add(std::move(gone.pods[0]), last);
    objects.erase(spec::Kind::Deployment, "default/gone");
    objects.put(changed, 4s);

    StateFile next = adopted(state);
    PodStore pods_again(next);
    pods_again.restore();
    ObjectStore again(next);
    again.restore(pods_again);
    const ObjectRecord* record = again.find(spec::Kind::ConfigMap, "default/one");
    REQUIRE(record);
    CHECK(record->added == Millis{1'000});
    CHECK(record->data == spec::StringMap{{"key", "second"}});
    CHECK(record->text == objects.find(spec::Kind::ConfigMap, "default/one")->text);
    record = again.find(spec::Kind::Deployment, "default/two");
    REQUIRE(record);
    CHECK(record->id == id);
    CHECK(record->wanted_pods == 2);
    CHECK(record->origin == Origin{1, 2});
    CHECK_FALSE(again.find(spec::Kind::Deployment, "default/gone"));
    auto fresh = deployment("fresh");
    CHECK(again.put(fresh, 9s).id > last); // whose pod is still there
}

TEST_CASE("events go on where they were: counted, in their order, and within their bounds") {
    StateFile state = made();
    auto& events = never_destroyed(new EventLog(state));
    for (int i = 0; i < 1000; ++i)
        events.add(Millis{i}, {"default/a", "uid-a", i % 2 ? "part" : ""}, Severity::Warning, "Reason",
                   {"number ", std::to_string(i)});
    events.add(2s, {"default/b", "uid-b", ""}, Severity::Normal, "Started", {"once"});
    events.add(3s, {"default/b", "uid-b", ""}, Severity::Normal, "Started", {"once"});
    events.add(4s, {"default/b", "uid-b", ""}, Severity::Normal, "Taken", {"back"});
    events.take_back({"default/b", "uid-b", ""}, "Taken");

    StateFile next = adopted(state);
    EventLog again(next);
    again.restore();
    CHECK(again.count() == events.count());
    CHECK(again.bytes() == events.bytes());
    CHECK(again.last_change() <= events.last_change());
    const EventRecord *was = nullptr, *is = nullptr;
    do {
        was = events.next(&EventRecord::id, was ? was->id : 0, 5s);
        is = again.next(&EventRecord::id, is ? is->id : 0, 5s);
        REQUIRE((was == nullptr) == (is == nullptr));
        if (!was)
            break;
        CHECK(is->id == was->id);
        CHECK(is->count == was->count);
        CHECK(is->message == was->message);
        CHECK(is->reason == was->reason);
        CHECK(is->part == was->part);
        CHECK(is->uid == was->uid);
        CHECK(is->severity == was->severity);
    } while (was);
    again.add(6s, {"default/b", "uid-b", ""}, Severity::Normal, "Started", {"once"});
    CHECK(again.count() == events.count());
}

TEST_CASE("a pod that waits for another one goes on waiting, and is held in its turn") {
    StateFile state = made();
    PodStore& pods = never_destroyed(new PodStore(state));
    ObjectStore& objects = never_destroyed(new ObjectStore(state));
    const auto storage = pods.add(pod("storage", "", R"(, "priority": 7)"));
    const auto app = pods.add(pod("app", R"("podinit/requires": "storage")"));
    Order& order = never_destroyed(new Order(pods, objects));
    order.add(storage, pods.pod(storage));
    order.add(app, pods.pod(app));

    StateFile next = adopted(state);
    PodStore pods_again(next);
    ObjectStore objects_again(next);
    pods_again.restore();
    objects_again.restore(pods_again);
    Order again(pods_again, objects_again);
    again.restore(pods_again);
    again.look(storage, Fate::Ready, false);
    again.look(app, Fate::Ready, false);
    CHECK_FALSE(again.next()); // nobody has noticed
    CHECK(again.priority(storage) == 7);
    again.look(storage, Fate::Failed, false);
    const auto turn = again.next();
    REQUIRE(turn);
    CHECK(turn->slot == app);
    CHECK(turn->held);
}

TEST_CASE("a file that went while nobody looked takes its object along, one that cannot be read does not") {
    TempDir temp;
    const std::string low = temp.path() + "/low", high = temp.path() + "/high";
    std::filesystem::create_directory(low);
    std::filesystem::create_directory(high);
    const auto write = [](const std::string& path, const std::string& text) {
        const ns::Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
        REQUIRE(fd);
        write_text(fd.get(), text);
    };
    Poller poller = std::move(*Poller::open());
    PodStore pods(nowhere);
    ObjectStore objects(nowhere);
    const auto load = [&](Manifests& manifests) {
        std::vector<ObjectChange> changes;
        while (manifests.load_next(changes)) {
        }
        return changes;
    };
    for (const std::string name : {"stays", "broken", "gone"})
        write(low + "/" + name + ".json", pod(name).text);
    write(high + "/far.json", pod("far").text);
    write(high + "/map.json", config_map("map", "x").text);
    Asides asides(nowhere);
    Manifests before(poller, asides, {low, high});
    for (ObjectChange& change : load(before))
        if (change.kind == spec::Kind::Pod)
            pods.add(std::move(change.object.pods[0]), 0, 0, change.origin);
        else
            objects.put(change.object, 0s, change.origin);
    REQUIRE(pods.count() == 4);

    write(low + "/broken.json", "{");
    std::filesystem::remove(low + "/gone.json");
    std::filesystem::rename(high, temp.path() + "/away");
    Manifests after(poller, asides, {low, high});
    load(after);
    std::vector<ObjectChange> changes;
    CHECK(find_orphans(pods, objects, after, changes)); // of three it cannot be said
    REQUIRE(changes.size() == 1);
    CHECK(changes[0].name == "default/gone");
    CHECK_FALSE(changes[0].wanted);
    std::filesystem::create_directory(high);
    std::filesystem::remove(low + "/broken.json");
    changes.clear();
    after.rescan(changes);
    changes.clear();
    CHECK_FALSE(find_orphans(pods, objects, after, changes));
    std::vector<std::string> names;
    for (const ObjectChange& change : changes)
        names.push_back(change.name);
    CHECK(names == std::vector<std::string>{"default/broken", "default/gone", "default/far", "default/map"});
}

TEST_CASE("the control socket and its idle connections outlive podinit, a call in progress does not") {
    TempDir temp;
    const std::string path = temp.path() + "/control.sock";
    StateFile state = made();
    const ControlPolicy policy{::geteuid()};
    Poller poller = std::move(*Poller::open()), next_poller = std::move(*Poller::open());
    std::vector<IncomingCall> calls;
    Control& control = never_destroyed(new Control(std::move(*Control::open(poller, state, path, policy))));
    struct stat before {};
    REQUIRE(::stat(path.c_str(), &before) == 0);
    const ns::Fd idle(connect_to(path)), half(connect_to(path)), asking(connect_to(path)), kept(connect_to(path)),
        used(connect_to(path));
    control.on_listener();
    REQUIRE(control.connections() == 5);
    const std::string call = R"({"method":"io.podinit.Node","parameters":{}})";
    write_text(half.get(), call);
    for (const int fd : {asking.get(), kept.get(), used.get()})
        write_text(fd, call + std::string(1, '\0'));
    for (const Ready& ready : poller.wait(0))
        if (ready.source == Source::Client)
            control.on_client(ready, calls);
    REQUIRE(calls.size() == 3);
    const ClientId answered = calls[1].client;
    control.keep_call(answered);
    control.error(calls[2].client, spec::failed("x")); // and so it is idle again
    const ns::Fd waiting(connect_to(path));            // nobody has accepted it

    StateFile next = adopted(state);
    next.descriptors().look({0, 1, 2, state.fd(), next.fd()});
    Control again = std::move(*Control::open(next_poller, next, path, policy));
    again.restore(std::vector{answered});
    next.descriptors().close_rest();
    struct stat after {};
    REQUIRE(::stat(path.c_str(), &after) == 0);
    CHECK(after.st_ino == before.st_ino);
    CHECK(again.connections() == 3);
    CHECK(is_closed(half.get()));
    CHECK(is_closed(asking.get()));
    CHECK_FALSE(is_closed(idle.get()));
    CHECK(again.connected(answered));
    again.error(answered, spec::failed("the answer"));
    char text[256] = {};
    CHECK(::recv(kept.get(), text, sizeof text - 1, MSG_DONTWAIT) > 0);
    CHECK(std::string(text).find("the answer") != std::string::npos);
    again.on_listener();
    CHECK(again.connections() == 4);
    calls.clear();
    for (const int fd : {idle.get(), used.get(), kept.get(), waiting.get()})
        write_text(fd, call + std::string(1, '\0'));
    for (const Ready& ready : next_poller.wait(0))
        if (ready.source == Source::Client)
            again.on_client(ready, calls);
    CHECK(calls.size() == 4);
}
