// SPDX-License-Identifier: Apache-2.0
#include "tests/catch.hpp"

#include "initd/control.hpp"
#include "tests/daemon/control_rig.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace initd;

namespace {

constexpr const char* node = R"({"method":"io.podinit.Node"})";
constexpr const char* list = R"({"method":"io.podinit.List","more":true})";
constexpr const char* power = R"({"method":"io.podinit.Power","parameters":{"action":"reboot"}})";
constexpr gid_t readers = 4242;

std::string nul(std::string_view message) {
    return std::string(message) + '\0';
}

std::string restart(std::string_view pod, std::string_view more = "") {
    return R"({"method":"io.podinit.Restart","parameters":{"namespace":"default","name":")" + std::string(pod) + "\"}" +
           std::string(more) + "}";
}

const std::string& pod_of(const IncomingCall& call) {
    return std::get<spec::Restart>(call.request.call).name;
}

bool is_root() {
    if (::geteuid() == 0)
        return true;
    WARN("skipped: being somebody else needs root");
    return false;
}

} // namespace

TEST_CASE("the service describes itself") {
    ControlRig rig;
    Client client = rig.connect();
    CHECK_THAT(rig.ask(client, R"({"method":"org.varlink.service.GetInfo"})"),
               has_text(R"("product":"podinit")") && has_text(R"("interfaces":["org.varlink.service","io.podinit"])"));
    const std::string ask = R"({"method":"org.varlink.service.GetInterfaceDescription","parameters":{"interface":")";
    CHECK_THAT(rig.ask(client, ask + "io.podinit\"}}"), has_text("interface io.podinit") && has_text("method Apply"));
    CHECK_THAT(rig.ask(client, ask + "org.varlink.service\"}}"), has_text("method GetInfo"));
    CHECK_THAT(rig.ask(client, ask + "no.such\"}}"),
               has_text(R"("error":"org.varlink.service.InterfaceNotFound")") && has_text("no.such"));
    CHECK(rig.calls.empty());
}

TEST_CASE("a call is handed over with its peer, and its reply comes back") {
    ControlRig rig;
    Client client = rig.connect();
    client.send(nul(node));
    REQUIRE(rig.until([&] { return rig.calls.size() == 1; }));
    CHECK(std::holds_alternative<spec::Node>(rig.calls[0].request.call));
    CHECK(rig.calls[0].peer.pid == ::getpid());
    CHECK(rig.calls[0].peer.access == Access::All);
    rig.control.reply(rig.calls[0].client, spec::NodeInfo{.hostname = "box"});
    CHECK_THAT(rig.read(client), has_text(R"("hostname":"box")"));
}

TEST_CASE("a message may come in pieces, and half of one waits") {
    ControlRig rig;
    Client client = rig.connect();
    const std::string message = nul(node);
    for (char c : message.substr(0, message.size() - 1)) {
        client.send({&c, 1});
        rig.turn();
    }
    for (int i = 0; i < 10; ++i)
        rig.turn();
    CHECK(rig.calls.empty());
    client.send({"\0", 1});
    CHECK(rig.until([&] { return rig.calls.size() == 1; }));
}

TEST_CASE("pipelined calls are handed over one at a time, in order") {
    ControlRig rig;
    Client client = rig.connect();
    client.send(nul(restart("a")) + nul(restart("b")) + nul(restart("c")));
    for (const char* pod : {"a", "b", "c"}) {
        REQUIRE(rig.until([&] { return rig.calls.size() == 1; }));
        for (int i = 0; i < 5; ++i)
            rig.turn();
        REQUIRE(rig.calls.size() == 1);
        CHECK(pod_of(rig.calls[0]) == pod);
        rig.control.reply(rig.calls[0].client, spec::Restarted{{pod}});
        CHECK_THAT(rig.read(client), has_text(pod));
        rig.calls.clear();
    }
}

TEST_CASE("a call may have many replies") {
    ControlRig rig;
    Client client = rig.connect();
    client.send(nul(list));
    REQUIRE(rig.until([&] { return rig.calls.size() == 1; }));
    rig.control.reply(rig.calls[0].client, spec::Listed{spec::RawJson{R"({"n":1})"}}, true);
    rig.control.reply(rig.calls[0].client, spec::Listed{spec::RawJson{R"({"n":2})"}});
    CHECK_THAT(rig.read(client), has_text(R"("n":1)") && has_text(R"("continues":true)"));
    CHECK_THAT(rig.read(client), has_text(R"("n":2)") && !has_text("continues"));
}

TEST_CASE("a oneway call gets no reply, and the next call is served") {
    ControlRig rig;
    Client client = rig.connect();
    client.send(nul(restart("a", R"(,"oneway":true)")) + nul(R"({"method":"io.podinit.NoSuch","oneway":true})") +
                nul(restart("b")));
    REQUIRE(rig.until([&] { return rig.calls.size() == 1; }));
    rig.control.reply(rig.calls[0].client, spec::Restarted{{"a"}});
    // An unknown method cannot be told to be oneway, so it has an answer.
    CHECK_THAT(rig.read(client), has_text("MethodNotFound"));
    REQUIRE(rig.until([&] { return rig.calls.size() == 2; }));
    rig.control.error(rig.calls[1].client, spec::not_found("pod", "b"));
    CHECK_THAT(rig.read(client), has_text("io.podinit.NotFound"));
}

TEST_CASE("oneway calls of a client that has gone are made") {
    ControlRig rig;
    Client client = rig.connect();
    client.send(nul(restart("a", R"(,"oneway":true)")));
    client.close();
    CHECK(rig.until([&] { return rig.calls.size() == 1; }));
    CHECK(rig.until([&] { return rig.control.connections() == 0; }));
}

TEST_CASE("a client that has said all it has to say still gets its answer") {
    ControlRig rig;
    Client client = rig.connect();
    client.send(nul(node));
    REQUIRE(::shutdown(client.fd(), SHUT_WR) == 0);
    REQUIRE(rig.until([&] { return rig.calls.size() == 1; }));
    for (int i = 0; i < 5; ++i)
        rig.turn();
    rig.control.reply(rig.calls[0].client, spec::NodeInfo{});
    CHECK_THAT(rig.read(client), has_text("hostname"));
    CHECK(rig.is_closed(client));
    CHECK(rig.until([&] { return rig.control.connections() == 0; }));
}

TEST_CASE("what is no call at all gets an error and ends the connection") {
    const std::string message = GENERATE(as<std::string>{}, "", "GET / HTTP/1.1\r\n\r\n", "{", "[]", "\xff\xfe", "{}",
                                         R"({"method":1})", std::string(100'000, '['));
    CAPTURE(message.substr(0, 20));
    ControlRig rig;
    Client client = rig.connect();
    CHECK_THAT(rig.ask(client, message), has_text(R"("error":"io.podinit.)"));
    CHECK(rig.is_closed(client));
    CHECK(rig.control.connections() == 0);
}

TEST_CASE("a wrong call gets an error and the connection goes on") {
    ControlRig rig;
    Client client = rig.connect();
    CHECK_THAT(rig.ask(client, R"({"method":"io.podinit.NoSuch"})"), has_text("MethodNotFound"));
    CHECK_THAT(rig.ask(client, R"({"method":"no.such.Method"})"), has_text("InterfaceNotFound"));
    CHECK_THAT(rig.ask(client, R"({"method":"io.podinit.Node","parameters":{"x":1}})"), has_text("InvalidParameter"));
    client.send(nul(node));
    CHECK(rig.until([&] { return rig.calls.size() == 1; }));
}

TEST_CASE("a message longer than 16 MiB is refused") {
    ControlRig rig;
    Client client = rig.connect();
    const std::string block(64 << 10, 'x');
    std::size_t sent = 0;
    bool refused = false;
    for (int turns = 0; turns < 20'000 && !refused; ++turns) {
        const ssize_t got = client.send(block);
        sent += got > 0 ? static_cast<std::size_t>(got) : 0;
        refused = got < 0 && errno == EPIPE;
        rig.turn();
    }
    CHECK(refused);
    CHECK(sent > (16 << 20));
    CHECK(sent < (18 << 20));
    CHECK_THAT(rig.read(client), has_text("too long"));
    CHECK(rig.control.connections() == 0);
}

TEST_CASE("a message of nearly 16 MiB is taken") {
    ControlRig rig;
    Client client = rig.connect();
    std::string message = nul(restart("a") + std::string((16 << 20) - 200, ' '));
    std::string_view rest = message;
    for (int turns = 0; turns < 20'000 && !rest.empty(); ++turns) {
        const ssize_t got = client.send(rest);
        rest.remove_prefix(got > 0 ? static_cast<std::size_t>(got) : 0);
        rig.turn();
    }
    REQUIRE(rest.empty());
    CHECK(rig.until([&] { return rig.calls.size() == 1; }));
}

TEST_CASE("the socket is open to root, or to root and the readers") {
    struct stat info {};
    {
        ControlRig rig;
        REQUIRE(::stat(rig.path.c_str(), &info) == 0);
        CHECK((info.st_mode & 07777) == 0600);
    }
    if (!is_root())
        return;
    ControlRig rig({.owner = 0, .readers = readers});
    REQUIRE(::stat(rig.path.c_str(), &info) == 0);
    CHECK((info.st_mode & 07777) == 0660);
    CHECK(info.st_gid == readers);
    CHECK(rig.connect({.uid = 1000, .gid = 1000}).fd() == -1);
}

TEST_CASE("a reader may look and change nothing") {
    if (!is_root())
        return;
    const Credentials who = GENERATE(Credentials{1000, readers, {}}, Credentials{1000, 1000, {7, readers, 8}});
    ControlRig rig({.owner = 0, .readers = readers});
    Client client = rig.connect(who);
    REQUIRE(client.fd() >= 0);
    CHECK_THAT(rig.ask(client, power), has_text("PermissionDenied"));
    CHECK_THAT(rig.ask(client, R"({"method":"io.podinit.Apply","parameters":{"manifests":[]}})"),
               has_text("PermissionDenied"));
    CHECK_THAT(
        rig.ask(client, R"({"method":"io.podinit.Exec","parameters":{"namespace":"x","name":"a","command":["sh"]}})"),
        has_text("PermissionDenied"));
    for (const char* secrets : {"secret", "secrets", "Secret"})
        CHECK_THAT(
            rig.ask(client, std::string(R"({"method":"io.podinit.List","more":true,"parameters":{"resource":")") +
                                secrets + "\"}}"),
            has_text("PermissionDenied"));
    CHECK(rig.calls.empty());
    client.send(nul(node));
    REQUIRE(rig.until([&] { return rig.calls.size() == 1; }));
    CHECK(rig.calls[0].peer.access == Access::Look);
    CHECK(rig.calls[0].peer.uid == 1000);
    rig.control.reply(rig.calls[0].client, spec::NodeInfo{});
    CHECK_THAT(rig.read(client), has_text("hostname"));
}

TEST_CASE("a reader's message may be 64 KiB long") {
    if (!is_root())
        return;
    ControlRig rig({.owner = 0, .readers = readers});
    Client client = rig.connect({.uid = 1000, .gid = readers});
    client.send(nul(node + std::string(65'000, ' ')));
    REQUIRE(rig.until([&] { return rig.calls.size() == 1; }));
    rig.control.reply(rig.calls[0].client, spec::NodeInfo{});
    CHECK_THAT(rig.read(client), has_text("hostname"));
    client.send(nul(node + std::string(66'000, ' ')));
    CHECK_THAT(rig.read(client), has_text("too long"));
    CHECK(rig.is_closed(client));
}

TEST_CASE("anybody else who gets to the socket gets one answer: no") {
    if (!is_root())
        return;
    ControlRig rig({.owner = 500, .readers = readers});
    REQUIRE(::chmod(rig.path.c_str(), 0666) == 0);
    Client stranger = rig.connect({.uid = 1000, .gid = 1000, .groups = {1001}});
    CHECK_THAT(rig.read(stranger), has_text("PermissionDenied"));
    CHECK(rig.is_closed(stranger));
    Client owner = rig.connect({.uid = 500, .gid = 500});
    owner.send(nul(power));
    REQUIRE(rig.until([&] { return rig.calls.size() == 1; }));
    CHECK(rig.calls[0].peer.access == Access::All);
}

TEST_CASE("of 100 clients the newest are refused and the others served") {
    ControlRig rig;
    std::vector<Client> clients;
    for (int i = 0; i < 100; ++i) {
        clients.push_back(rig.connect());
        rig.turn();
    }
    CHECK(rig.control.connections() == 64);
    CHECK_THAT(rig.read(clients[64]), has_text("too many clients"));
    CHECK(rig.is_closed(clients[99]));
    clients[0].send(nul(node));
    clients[63].send(nul(node));
    CHECK(rig.until([&] { return rig.calls.size() == 2; }));
    clients.erase(clients.begin());
    CHECK(rig.until([&] { return rig.control.connections() == 63; }));
    Client late = rig.connect();
    late.send(nul(node));
    CHECK(rig.until([&] { return rig.calls.size() == 3; }));
}

TEST_CASE("readers leave places for root") {
    if (!is_root())
        return;
    ControlRig rig({.owner = 0, .readers = readers});
    std::vector<Client> clients;
    for (int i = 0; i < 64; ++i) {
        clients.push_back(rig.connect({.uid = 1000, .gid = readers}));
        rig.turn();
    }
    CHECK(rig.control.connections() < 64);
    Client root = rig.connect();
    root.send(nul(power));
    CHECK(rig.until([&] { return rig.calls.size() == 1; }));
}

TEST_CASE("descriptors come with the message that they were sent with, at most eight of them") {
    ControlRig rig;
    Client client = rig.connect();
    const ns::Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    REQUIRE(rig.until([&] { return rig.control.connections() == 1; }));
    const std::size_t before = rig.open_fds();
    client.send(nul(restart("none")));
    client.send(nul(restart("one")), {null.get()});
    client.send(nul(restart("none again")));
    client.send(nul(restart("twenty")), std::vector<int>(20, null.get()));
    const std::string halves = nul(restart("halves"));
    client.send(halves.substr(0, 10), std::vector<int>(3, null.get()));
    client.send(halves.substr(10), std::vector<int>(3, null.get()));
    for (std::size_t fds : {0, 1, 0, 8, 6}) {
        REQUIRE(rig.until([&] { return rig.calls.size() == 1; }));
        CAPTURE(pod_of(rig.calls[0]));
        CHECK(rig.calls[0].fds.size() == fds);
        for (const ns::Fd& fd : rig.calls[0].fds)
            CHECK((::fcntl(fd.get(), F_GETFD) & FD_CLOEXEC) != 0);
        rig.control.reply(rig.calls[0].client, spec::Restarted{});
        rig.calls.clear();
    }
    CHECK(rig.open_fds() == before);
}

TEST_CASE("descriptors that come with no call are closed") {
    ControlRig rig;
    const ns::Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const std::size_t before = rig.open_fds();
    Client client = rig.connect();
    for (int i = 0; i < 100; ++i) {
        client.send("x", std::vector<int>(8, null.get()));
        rig.turn();
    }
    CHECK(rig.open_fds() <= before + 2 + 16);
    client.close();
    REQUIRE(rig.until([&] { return rig.control.connections() == 0; }));
    CHECK(rig.open_fds() == before);
}

TEST_CASE("a client that does not read is told that there is no room, and dropped when that is not heeded") {
    ControlRig rig;
    Client client = rig.connect();
    Client other = rig.connect();
    client.send(nul(list));
    REQUIRE(rig.until([&] { return rig.calls.size() == 1; }));
    const ClientId id = rig.calls[0].client;
    const spec::Listed pod{spec::RawJson{'"' + std::string(10'000, 'x') + '"'}};
    int replies = 0;
    for (; rig.control.has_room(id) && replies < 10'000; ++replies)
        rig.control.reply(id, pod, true);
    CHECK(replies > 100);
    CHECK(replies < 200);
    CHECK(rig.control.connected(id));

    SECTION("once it reads there is room again") {
        int read = 0;
        CHECK(rig.until([&] {
            client.receive();
            while (client.take())
                ++read;
            return !rig.drained.empty();
        }));
        CHECK(rig.drained == std::vector<ClientId>{id});
        CHECK(rig.control.has_room(id));
        rig.control.reply(id, spec::Listed{});
        ++replies;
        CHECK(rig.until([&] {
            client.receive();
            while (client.take())
                ++read;
            return read == replies;
        }));
        CHECK(rig.drained.size() == 1);
    }
    SECTION("past 32 MiB it is dropped") {
        for (; rig.control.connected(id) && replies < 10'000; ++replies)
            rig.control.reply(id, pod, true);
        CHECK(replies > 3'000);
        CHECK(replies < 3'500);
        CHECK(rig.control.connections() == 1);
    }
    other.send(nul(node));
    CHECK(rig.until([&] { return rig.calls.size() == 2; }));
}

TEST_CASE("what is sent to a client that has gone reaches nobody else") {
    ControlRig rig;
    Client client = rig.connect();
    client.send(nul(list));
    REQUIRE(rig.until([&] { return rig.calls.size() == 1; }));
    const ClientId gone = rig.calls[0].client;
    client.close();
    REQUIRE(rig.until([&] { return rig.control.connections() == 0; }));
    Client next = rig.connect();
    next.send(nul(node));
    REQUIRE(rig.until([&] { return rig.calls.size() == 2; }));
    CHECK(rig.calls[1].client.index == gone.index);
    CHECK_FALSE(rig.control.connected(gone));
    CHECK_FALSE(rig.control.has_room(gone));
    rig.control.reply(gone, spec::Listed{});
    rig.control.error(gone, spec::failed("x"));
    rig.control.reply(rig.calls[1].client, spec::NodeInfo{.hostname = "right"});
    CHECK_THAT(rig.read(next), has_text("right"));
}

TEST_CASE("an answer that nobody asked for is dropped") {
    ControlRig rig;
    Client client = rig.connect();
    client.send(nul(node));
    REQUIRE(rig.until([&] { return rig.calls.size() == 1; }));
    rig.control.reply(rig.calls[0].client, spec::NodeInfo{.hostname = "first"});
    rig.control.reply(rig.calls[0].client, spec::NodeInfo{.hostname = "second"});
    CHECK_THAT(rig.read(client), has_text("first"));
    client.send(nul(node));
    REQUIRE(rig.until([&] { return rig.calls.size() == 2; }));
    rig.control.reply(rig.calls[1].client, spec::NodeInfo{.hostname = "third"});
    CHECK_THAT(rig.read(client), has_text("third"));
}

TEST_CASE("an idle client costs no buffer") {
    ControlRig rig;
    Client client = rig.connect();
    (void)rig.ask(client, R"({"method":"org.varlink.service.GetInfo"})");
    const auto before = heap_in_use();
    if (!before) {
        WARN("skipped: this heap does not tell its size");
        return;
    }
    client.send(nul(node + std::string(1 << 20, ' ')).substr(0, 100'000));
    for (int i = 0; i < 50; ++i)
        rig.turn();
    CHECK(*heap_in_use() - *before > 90'000);
    client.send({"\0", 1});
    REQUIRE(rig.until([&] { return rig.calls.size() == 1; }));
    rig.control.reply(rig.calls[0].client, spec::NodeInfo{});
    (void)rig.read(client);
    rig.calls = std::vector<IncomingCall>();
    CHECK(*heap_in_use() < *before + 2'000);
}

TEST_CASE("without a descriptor left a client is turned away") {
    ControlRig rig;
    Client first = rig.connect();
    rig.turn();
    Client second = rig.connect();
    rlimit old{}, low{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &old) == 0);
    low = {.rlim_cur = 400, .rlim_max = old.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
    std::vector<ns::Fd> all;
    for (ns::Fd fd(::dup(0)); fd; fd.reset(::dup(0)))
        all.push_back(std::move(fd));
    for (int i = 0; i < 20; ++i)
        rig.turn();
    all.clear();
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &old) == 0);
    CHECK_THAT(rig.read(second), has_text("too many clients"));
    first.send(nul(node));
    CHECK(rig.until([&] { return rig.calls.size() == 1; }));
    Client third = rig.connect();
    third.send(nul(node));
    CHECK(rig.until([&] { return rig.calls.size() == 2; }));
}

TEST_CASE("the socket's name goes with the server, and a leftover one is no obstacle") {
    TempDir temp;
    const std::string path = temp.path() + "/control.sock";
    auto poller = std::move(*Poller::open());
    {
        const auto control = Control::open(poller, nowhere, path, {});
        REQUIRE(control);
        CHECK(exists(path));
    }
    CHECK_FALSE(exists(path));
    write_text(ns::Fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)).get(), "leftover");
    CHECK(Control::open(poller, nowhere, path, {}));
    CHECK(Control::open(poller, nowhere, temp.path() + "/no/such/directory", {}).error().err == ENOENT);
    CHECK(Control::open(poller, nowhere, temp.path() + "/" + std::string(200, 'x'), {}).error().err == ENAMETOOLONG);
}
