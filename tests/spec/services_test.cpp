// SPDX-License-Identifier: Apache-2.0
// What a pod's annotations ask for on behalf of programs that were written for other inits.
#include "spec/services.hpp"
#include "tests/spec/rules.hpp"

using namespace spec;

namespace {

// A pod of the containers "web" and "db", the init container "setup" and the sidecar "proxy".
std::string two(const std::string& annotations) {
    return tests::pod_with(R"("metadata":{"name":"p","annotations":{)" + annotations + R"(}},"spec":{
        "initContainers":[{"name":"setup","image":"host"},{"name":"proxy","image":"host","restartPolicy":"Always"}],
        "containers":[{"name":"web","image":"host","volumeMounts":[
            {"name":"memory","mountPath":"/run/web/"},{"name":"machine","mountPath":"/run/machine"},
            {"name":"disk","mountPath":"/disk"},{"name":"file","mountPath":"/file"},
            {"name":"memory","mountPath":"/part","subPath":"a"}]},
            {"name":"db","image":"host","volumeMounts":[{"name":"memory","mountPath":"/run/web"}]}],
        "volumes":[{"name":"memory","emptyDir":{"medium":"Memory"}},{"name":"machine","hostPath":{"path":"/run"}},
            {"name":"disk","emptyDir":{}},{"name":"file","hostPath":{"path":"/run/x","type":"FileOrCreate"}}]})");
}

std::string one(const std::string& annotations) {
    return tests::pod_with(R"("metadata":{"name":"p","annotations":{)" + annotations + "}}");
}

std::vector<Services> services_of(const std::string& json) {
    const auto manifest = read_manifest(json);
    REQUIRE(manifest);
    return read_services(manifest->pod);
}

} // namespace

TEST_CASE("a pod without such annotations asks for nothing") {
    CHECK(services_of(one(R"("a":"b")")).empty());
}

TEST_CASE("each container gets what its items say") {
    const auto services = services_of(
        two(R"("podinit/notify":"web,proxy","podinit/notification-fd":"db=9","podinit/watchdog-seconds":"web=10",
        "podinit/listen":"web=tcp:80, web=admin@tcp:[::1]:8080,db=udp:127.0.0.1:53 ,web=unix:/run/web/a=b:c@d.sock"
        )"));
    REQUIRE(services.size() == 4);
    CHECK_FALSE(services[0].says_ready());
    CHECK(services[1].notifies);
    const Services& web = services[2];
    CHECK(web.notifies);
    CHECK(web.watchdog_seconds == 10);
    REQUIRE(web.sockets.size() == 3);
    CHECK(web.sockets[0] == ListenSocket{ListenSocket::Kind::Tcp, "web", "", 80});
    CHECK(web.sockets[1] == ListenSocket{ListenSocket::Kind::Tcp, "admin", "::1", 8080});
    CHECK(to_text(web.sockets[0]) == "tcp:80");
    CHECK(to_text(web.sockets[1]) == "tcp:[::1]:8080");
    CHECK(to_text(web.sockets[2]) == "unix:/run/web/a=b:c@d.sock");
    CHECK(web.sockets[2] == ListenSocket{ListenSocket::Kind::Unix, "web", "/run/web/a=b:c@d.sock", 0});
    const Services& db = services[3];
    CHECK(db.notification_fd == 9);
    CHECK(db.says_ready());
    REQUIRE(db.sockets.size() == 1);
    CHECK(to_text(db.sockets[0]) == "udp:127.0.0.1:53");
    CHECK(db.sockets[0] == ListenSocket{ListenSocket::Kind::Udp, "db", "127.0.0.1", 53});
}

TEST_CASE("the only container of a pod need not be named") {
    const auto services =
        services_of(one(R"("podinit/notify":"c","podinit/watchdog-seconds":"5","podinit/listen":"tcp:80, x@udp:80")"));
    REQUIRE(services.size() == 1);
    CHECK(services[0].watchdog_seconds == 5);
    REQUIRE(services[0].sockets.size() == 2);
    CHECK(services[0].sockets[1].name == "x");
    CHECK(services_of(one(R"("podinit/notification-fd":"3")")).at(0).notification_fd == 3);
}

TEST_CASE("a socket is in a volume of its container whose files are in memory or on the machine") {
    const auto manifest = read_manifest(two(R"("a":"b")"));
    REQUIRE(manifest);
    const PodSpec& spec = manifest->pod.spec;
    const auto volume = [&](std::size_t container, const char* path) -> std::string {
        const Volume* found = volume_of_socket(spec, spec.containers[container], path);
        return found ? found->name : "";
    };
    CHECK(volume(0, "/run/web/a.sock") == "memory");
    CHECK(volume(0, "/run/machine/a.sock") == "machine");
    CHECK(volume(1, "/run/machine/a.sock").empty());
    for (const char* path : {"/disk/a", "/file/a", "/part/a", "/run/a", "/run/web/below/a", "/a", "/run/web"})
        CHECK(volume(0, path).empty());
}

TEST_CASE("what a service annotation says must be right") {
    const std::string at = "/metadata/annotations/podinit~1";
    tests::check_each({
        {one(R"("podinit/notify":"")"), at + "notify", "must name a container"},
        {one(R"("podinit/notify":"c,")"), at + "notify", "must name a container"},
        {one(R"("podinit/watchdog-seconds":"c = 5","podinit/notify":"c")"), at + "watchdog-seconds",
         "must name a container"},
        {one(R"("podinit/listen":"unix:/run/)" + std::string(81, 'a') + "\""), at + "listen", "absolute path"},
        {one(R"("podinit/notify":"d")"), at + "notify", "must name a container"},
        {two(R"("podinit/notify":"setup")"), at + "notify", "without restartPolicy Always"},
        {two(R"("podinit/notification-fd":"3")"), at + "notification-fd", "must begin with CONTAINER="},
        {two(R"("podinit/notification-fd":"setup=3")"), at + "notification-fd", "without restartPolicy Always"},
        {two(R"("podinit/notification-fd":"x=3")"), at + "notification-fd", "must name a container"},
        {one(R"("podinit/notification-fd":"2")"), at + "notification-fd", "from 3 to 255"},
        {one(R"("podinit/notification-fd":"256")"), at + "notification-fd", "from 3 to 255"},
        {one(R"("podinit/notification-fd":"")"), at + "notification-fd", "from 3 to 255"},
        {one(R"("podinit/notification-fd":"3","podinit/notify":"c")"), at + "notification-fd", "one of them"},
        {one(R"("podinit/notification-fd":"4","podinit/listen":"tcp:1,tcp:2")"), at + "notification-fd", "above"},
        {one(R"("podinit/watchdog-seconds":"10")"), at + "watchdog-seconds", "podinit/notify too"},
        {one(R"("podinit/watchdog-seconds":"0","podinit/notify":"c")"), at + "watchdog-seconds", "at least 1"},
        {one(R"("podinit/watchdog-seconds":"1.5","podinit/notify":"c")"), at + "watchdog-seconds", "at least 1"},
        {one(R"("podinit/listen":"tcp:80,,tcp:81")"), at + "listen", "must be tcp:PORT"},
        {one(R"("podinit/listen":"sctp:80")"), at + "listen", "must be tcp:PORT"},
        {one(R"("podinit/listen":"80")"), at + "listen", "must be tcp:PORT"},
        {one(R"("podinit/listen":"tcp:0")"), at + "listen", "must be tcp:PORT"},
        {one(R"("podinit/listen":"tcp:65536")"), at + "listen", "must be tcp:PORT"},
        {one(R"("podinit/listen":"tcp:::1:80")"), at + "listen", "must be tcp:PORT"},
        {one(R"("podinit/listen":"tcp:[127.0.0.1]:80")"), at + "listen", "must be tcp:PORT"},
        {one(R"("podinit/listen":"tcp:localhost:80")"), at + "listen", "must be tcp:PORT"},
        {one(R"("podinit/listen":"tcp:[]:80")"), at + "listen", "must be tcp:PORT"},
        {one(R"("podinit/listen":"@tcp:80")"), at + "listen", "name of a socket"},
        {one(R"("podinit/listen":"a:b@tcp:80")"), at + "listen", "must be tcp:PORT"},
        {one(R"("podinit/listen":"a b@tcp:80")"), at + "listen", "name of a socket"},
        {two(R"("podinit/listen":"web=tcp:80,db=tcp:80")"), at + "listen", "each may be given once"},
        {one(R"("podinit/listen":"unix:run/a.sock")"), at + "listen", "absolute path"},
        {one(R"("podinit/listen":"unix:/run/../a.sock")"), at + "listen", "absolute path"},
        {one(R"("podinit/listen":"unix:/run/")"), at + "listen", "absolute path"},
        {one(R"("podinit/listen":"unix:/run/a.sock")"), at + "listen", "right below the mountPath"},
        {two(R"("podinit/listen":"web=unix:/disk/a.sock")"), at + "listen", "right below the mountPath"},
    });
}
