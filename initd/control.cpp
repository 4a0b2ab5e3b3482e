// SPDX-License-Identifier: Apache-2.0
#include "initd/control.hpp"

#include "initd/control_connection.hpp"
#include "initd/control_listener.hpp"
#include "ns/launcher.hpp"

#include <algorithm>
#include <cerrno>
#include <new>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace initd {
namespace {

constexpr std::size_t max_clients = 64;
constexpr std::size_t max_clients_with_readers = 48; // the rest is for those who may do something about it
constexpr std::size_t room_bytes = 1u << 20;         // with more than this queued there is no room
constexpr std::size_t drained_bytes = 256u << 10;    // and with less than this there is again
constexpr std::size_t largest_queue = 32u << 20;
constexpr std::size_t batch_bytes = 64u << 10; // replies with `continues` are sent together
constexpr int calls_a_turn = 8;

struct ListenerRecord {
    std::int32_t fd = -1;
};

struct ClientRecord {
    std::int32_t fd = -1;
    std::uint32_t generation = 0;
    bool in_call = false;
    bool oneway = false;
};

// One reply to somebody who is not let in; his socket is empty, so it has room.
void turn_away(int socket, const spec::ControlError& error) {
    const std::string text = spec::write_error(error);
    (void)!::send(socket, text.c_str(), text.size() + 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

spec::ServiceInfo service_info() {
    return {.vendor = "podinit",
            .product = "podinit",
            .version = PODINIT_VERSION,
            .url = "",
            .interfaces = {"org.varlink.service", "io.podinit"}};
}

// The answers of org.varlink.service, which need no pod; empty for every other call.
std::string answer_here(const spec::Call& call) {
    if (std::holds_alternative<spec::GetInfo>(call))
        return spec::write_reply(service_info());
    const auto* description = std::get_if<spec::GetInterfaceDescription>(&call);
    if (!description)
        return {};
    if (description->interface == "io.podinit")
        return spec::write_reply(spec::InterfaceDescription{std::string(spec::control_idl())});
    if (description->interface == "org.varlink.service")
        return spec::write_reply(spec::InterfaceDescription{std::string(spec::service_idl())});
    return spec::write_error({.name = "org.varlink.service.InterfaceNotFound", .subject = description->interface});
}

} // namespace

template <class Archive>
void fields(Archive& a, Of<ListenerRecord> auto& listener) {
    a(listener.fd);
}

template <class Archive>
void fields(Archive& a, Of<ClientRecord> auto& client) {
    a(client.fd);
    a(client.generation);
    a(client.in_call);
    a(client.oneway);
}

struct Control::State {
    struct Slot {
        std::unique_ptr<ControlConnection> connection;
        std::uint32_t generation = 0;
    };

    Poller& poller;
    StateFile& state;
    std::string path;
    ControlPolicy policy;
    ns::Fd listener;
    ns::Fd spare; // given up for a moment to turn a client away when there is no descriptor left for it
    std::vector<Slot> slots;
    std::vector<ClientId> drained;
    std::size_t count = 0;

    ControlConnection* find(ClientId id) const noexcept {
        const bool there = id.index < slots.size() && slots[id.index].generation == id.generation;
        return there ? slots[id.index].connection.get() : nullptr;
    }
    bool accept_one();
    void admit(ns::Fd socket, const Peer& peer);
    void insert(std::uint32_t index, ns::Fd socket, const Peer& peer);
    bool restore(std::uint32_t index, std::span<const ClientId> answered);
    void keep(std::uint32_t index) noexcept;
    void forget(std::uint32_t index) noexcept;
    void drop(std::uint32_t index) noexcept;
    void serve(std::uint32_t index, std::vector<IncomingCall>& calls);
    void take_call(std::uint32_t index, std::vector<IncomingCall>& calls);
    void settle(std::uint32_t index, bool flush = true);
    void watch(std::uint32_t index) noexcept;
    void send(ClientId client, const std::string& text, bool continues);
};

// ---- coming and going ---------------------------------------------------------------------------------------------

std::expected<Control, ns::Error> Control::open(Poller& poller, StateFile& file, std::string_view path,
                                                ControlPolicy policy) noexcept try {
    auto state =
        std::unique_ptr<State>(new State{.poller = poller, .state = file, .path = std::string(path), .policy = policy});
    ListenerRecord record;
    if (file.recall(RecordKind::Listener, 0, record))
        state->listener = adopt_listener(file.descriptors().claim(record.fd), state->path, policy);
    if (!state->listener) {
        auto listener = listen_at(state->path, policy);
        if (!listener)
            return std::unexpected(listener.error());
        state->listener = std::move(*listener);
        file.keep(RecordKind::Listener, 0, ListenerRecord{state->listener.get()});
    }
    state->spare.reset(::fcntl(state->listener.get(), F_DUPFD_CLOEXEC, ns::high_fd));
    if (auto added = poller.add(state->listener.get(), Source::Listener, 0, EPOLLIN); !added)
        return std::unexpected(added.error());
    return Control(std::move(state));
} catch (const std::bad_alloc&) {
    return std::unexpected(ns::Error{ENOMEM, ns::Step::Open});
}

Control::Control(std::unique_ptr<State> state) noexcept
    : state_(std::move(state)) {}
Control::Control(Control&&) noexcept = default;
Control& Control::operator=(Control&&) noexcept = default;
Control::~Control() {
    if (state_)
        ::unlink(state_->path.c_str());
}

void Control::on_listener() noexcept try {
    while (state_->accept_one()) {
    }
} catch (const std::bad_alloc&) {
    // That client's socket is closed by now.
}

// False: nobody waits any more.
bool Control::State::accept_one() {
    ns::Fd socket(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    const bool last = !socket && (errno == EMFILE || errno == ENFILE);
    if (last) {
        spare.reset();
        socket.reset(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    }
    if (!socket)
        return errno == ECONNABORTED || errno == EINTR;
    const Peer peer = judge(socket.get(), policy);
    const std::size_t limit = peer.access == Access::All ? max_clients : max_clients_with_readers;
    if (peer.access == Access::None)
        turn_away(socket.get(), spec::permission_denied());
    else if (last || count >= limit)
        turn_away(socket.get(), spec::refused("too many clients"));
    else
        admit(ns::keep(std::move(socket)), peer);
    if (last) {
        socket.reset();
        spare.reset(::fcntl(listener.get(), F_DUPFD_CLOEXEC, ns::high_fd));
    }
    return true;
}

void Control::State::admit(ns::Fd socket, const Peer& peer) {
    std::uint32_t index = 0;
    while (index < slots.size() && slots[index].connection)
        ++index;
    if (index == slots.size())
        slots.emplace_back();
    insert(index, std::move(socket), peer);
    keep(index);
}

void Control::State::insert(std::uint32_t index, ns::Fd socket, const Peer& peer) {
    auto connection = std::make_unique<ControlConnection>(std::move(socket), peer);
    connection->watched = EPOLLIN;
    if (!poller.add(connection->fd(), Source::Client, index, EPOLLIN))
        return;
    slots[index].connection = std::move(connection);
    ++count;
}

// Who is in the middle of something has no record, and so no connection after us.
void Control::State::keep(std::uint32_t index) noexcept {
    const Slot& slot = slots[index];
    if (!slot.connection || !slot.connection->is_between_messages())
        return;
    ControlConnection& client = *slot.connection;
    client.kept = state.keep(RecordKind::Client, index,
                             ClientRecord{client.fd(), slot.generation, client.in_call, client.oneway});
}

// Before it is heard: what it says only we know.
void Control::State::forget(std::uint32_t index) noexcept {
    state.drop(RecordKind::Client, index);
    slots[index].connection->kept = false;
}

void Control::restore(std::span<const ClientId> answered) {
    for (const std::uint32_t index : state_->state.ids(RecordKind::Client))
        if (!state_->restore(index, answered))
            state_->state.drop(RecordKind::Client, index);
}

bool Control::State::restore(std::uint32_t index, std::span<const ClientId> answered) {
    ClientRecord record;
    if (index >= max_clients || !state.recall(RecordKind::Client, index, record) || record.fd <= 2)
        return false;
    ns::Fd socket = state.descriptors().claim(record.fd);
    const Peer peer = judge(socket.get(), policy);
    if (peer.access == Access::None) // or it is no connection at all
        return false;
    if (record.in_call && std::ranges::find(answered, ClientId{index, record.generation}) == answered.end())
        return false;
    if (index >= slots.size())
        slots.resize(index + 1);
    slots[index].generation = record.generation;
    insert(index, std::move(socket), peer);
    if (!slots[index].connection)
        return false;
    slots[index].connection->kept = true;
    slots[index].connection->in_call = record.in_call;
    slots[index].connection->oneway = record.oneway;
    watch(index);
    return true;
}

void Control::keep_call(ClientId client) noexcept {
    if (connected(client))
        state_->keep(client.index);
}

void Control::State::drop(std::uint32_t index) noexcept {
    Slot& slot = slots[index];
    state.drop(RecordKind::Client, index);
    poller.remove(slot.connection->fd());
    slot.connection.reset();
    ++slot.generation;
    --count;
}

// ---- calls --------------------------------------------------------------------------------------------------------

void Control::on_client(const Ready& ready, std::vector<IncomingCall>& calls) noexcept {
    const std::uint32_t index = ready.id;
    if (index >= state_->slots.size() || !state_->slots[index].connection)
        return;
    ControlConnection& client = *state_->slots[index].connection;
    try {
        // Nobody is left to read an answer; what came before the end is still to be done.
        const bool gone = (ready.events & (EPOLLHUP | EPOLLERR)) != 0;
        if (gone && (client.in_call || client.closing || (client.at_end() && !client.has_message())))
            return state_->drop(index);
        const bool readable = (client.watched & EPOLLIN) && (ready.events & (EPOLLIN | EPOLLHUP | EPOLLERR));
        if (readable)
            state_->forget(index);
        if (readable && !client.receive())
            return state_->drop(index);
        state_->serve(index, calls);
        state_->settle(index);
    } catch (const std::bad_alloc&) {
        state_->drop(index);
    }
}

// Takes what calls there are while the client reads its replies.
void Control::State::serve(std::uint32_t index, std::vector<IncomingCall>& calls) {
    ControlConnection& client = *slots[index].connection;
    for (int taken = 0; taken < calls_a_turn && !client.in_call && !client.closing; ++taken) {
        if (client.overlong()) {
            client.queue(spec::write_error(spec::refused("the message is too long")));
            client.closing = true;
        } else if (!client.has_message() || client.queued() >= room_bytes) {
            return;
        } else {
            take_call(index, calls);
        }
    }
}

void Control::State::take_call(std::uint32_t index, std::vector<IncomingCall>& calls) {
    ControlConnection& client = *slots[index].connection;
    ControlConnection::Message message = client.take_message();
    auto request = spec::read_request(message.text);
    if (!request) {
        // Whoever sends what is no call at all does not speak Varlink.
        client.closing = request.error().name == "io.podinit.Invalid";
        client.queue(spec::write_error(request.error()));
        return;
    }
    const bool oneway = request->oneway;
    std::string answer;
    if (client.peer().access != Access::All && !spec::is_read_only(request->call))
        answer = spec::write_error(spec::permission_denied());
    else
        answer = answer_here(request->call);
    if (answer.empty()) {
        calls.push_back({{index, slots[index].generation}, client.peer(), std::move(*request), std::move(message.fds)});
        client.in_call = true;
        client.oneway = oneway;
    } else if (!oneway) {
        client.queue(answer);
    }
}

// ---- replies ------------------------------------------------------------------------------------------------------

void Control::State::send(ClientId id, const std::string& text, bool continues) {
    ControlConnection* client = find(id);
    if (!client || !client->in_call)
        return;
    if (!client->oneway)
        client->queue(text);
    client->in_call = continues;
    client->kept = client->kept && continues; // its record says that it waits, until it has the answer
    settle(id.index, !continues || client->queued() >= batch_bytes);
}

void Control::reply(ClientId client, const spec::Reply& reply, bool continues) noexcept {
    if (!connected(client))
        return;
    try {
        state_->send(client, spec::write_reply(reply, continues), continues);
    } catch (...) { // bad_alloc, or text that is not UTF-8: this client cannot be told
        if (connected(client))
            state_->drop(client.index);
    }
}

void Control::error(ClientId client, const spec::ControlError& error) noexcept {
    if (!connected(client))
        return;
    try {
        state_->send(client, spec::write_error(error), false);
    } catch (...) {
        if (connected(client))
            state_->drop(client.index);
    }
}

// After anything has changed: sends, closes what is over, and waits for what can come next.
void Control::State::settle(std::uint32_t index, bool flush) {
    ControlConnection& client = *slots[index].connection;
    if (flush && !client.flush())
        return drop(index);
    if (client.queued() > largest_queue)
        return drop(index);
    const bool no_more_calls = client.closing || (client.at_end() && !client.has_message());
    if (no_more_calls && !client.in_call && client.queued() == 0)
        return drop(index);
    if (client.full && client.queued() < drained_bytes) {
        drained.push_back({index, slots[index].generation});
        client.full = false;
    }
    client.full = client.full || client.queued() >= room_bytes;
    watch(index);
    if (!client.in_call && !client.kept)
        keep(index);
}

// A call that has come already and may be taken now wakes the loop as a socket that can be written to.
void Control::State::watch(std::uint32_t index) noexcept {
    ControlConnection& client = *slots[index].connection;
    const bool idle = !client.in_call && !client.closing && client.queued() < room_bytes;
    std::uint32_t events = 0;
    if (idle && !client.has_message() && !client.at_end())
        events |= EPOLLIN;
    if (client.queued() > 0 || (idle && client.has_message()))
        events |= EPOLLOUT;
    if (events == client.watched)
        return;
    client.watched = events;
    poller.modify(client.fd(), Source::Client, index, events);
}

bool Control::has_room(ClientId client) const noexcept {
    const ControlConnection* connection = state_->find(client);
    return connection && connection->queued() < room_bytes;
}

bool Control::connected(ClientId client) const noexcept {
    return state_->find(client) != nullptr;
}

std::vector<ClientId> Control::take_drained() noexcept {
    return std::exchange(state_->drained, {});
}

std::size_t Control::connections() const noexcept {
    return state_->count;
}

} // namespace initd
