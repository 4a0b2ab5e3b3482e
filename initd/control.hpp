// SPDX-License-Identifier: Apache-2.0
// The control socket: connections, peers, framing. What the calls mean is methods.cpp's business.
//
// Nothing a client does can make PID 1 wait or grow without bound: sockets are non-blocking; a message longer than the
// peer may send, bytes that are no Varlink message, a client that does not read its replies (a bounded queue), too many
// clients (the newest goes; readers may not take the last places): each ends that one connection, with an error reply
// where one can still be sent. Half a message waits for ever and costs its bytes. Calls on one connection are handed
// over one at a time, in order: the next is read only after the last reply to the one before (Varlink). A peer is
// judged when it connects, by SO_PEERCRED and SO_PEERGROUPS. Descriptors belong to the message that holds the last byte
// they came with; at most eight a message, the rest is closed.
// The socket outlives podinit, and so do connections between two calls and those whose call may be answered by whoever
// comes then (keep_call()); all others are closed by its death.
#pragma once

#include "initd/poller.hpp"
#include "initd/state/state_file.hpp"
#include "ns/error.hpp"
#include "ns/fd.hpp"
#include "spec/control.hpp"

#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace initd {

enum class Access : std::uint8_t { None, Look, All };

struct Peer {
    pid_t pid = 0;
    uid_t uid = 0;
    Access access = Access::None;
};

struct ControlPolicy {
    uid_t owner = 0;                        // may do all, besides root: podinit's own user when it is not PID 1
    gid_t readers = static_cast<gid_t>(-1); // may look
};

// The connection that a call came from; stale once it is closed, and then everything sent to it is dropped.
struct ClientId {
    std::uint32_t index = 0;
    std::uint32_t generation = 0;
    friend bool operator==(ClientId, ClientId) = default;
};

struct IncomingCall {
    ClientId client;
    Peer peer;
    spec::Request request;
    std::vector<ns::Fd> fds; // those that came with the message (SCM_RIGHTS), close-on-exec
};

class Control {
  public:
    // Binds and listens on `path` (made anew, mode 0660 root:readers, or 0600 without readers), unless a podinit before
    // us has left a socket that listens there.
    static std::expected<Control, ns::Error> open(Poller& poller, StateFile& state, std::string_view path,
                                                  ControlPolicy policy) noexcept;
    Control(Control&&) noexcept;
    Control& operator=(Control&&) noexcept;
    ~Control(); // unlinks the socket

    // The connections that a podinit before us has left, each judged again: those between two calls, and of those whose
    // call was kept the ones that will be answered. May throw bad_alloc.
    void restore(std::span<const ClientId> answered);

    // Accepts what waits.
    void on_listener() noexcept;

    // Reads and writes what can be. Whole calls that the peer may make are appended to `calls`; those it may not make,
    // and org.varlink.service's own, are answered here.
    void on_client(const Ready& ready, std::vector<IncomingCall>& calls) noexcept;

    // Queues one reply. A reply without `continues` and an error end the call, after which the next one on that
    // connection may follow: it is appended to `calls` of the next on_client(), for which the loop is woken. A oneway
    // call's replies are dropped, but end it all the same.
    void reply(ClientId client, const spec::Reply& reply, bool continues = false) noexcept;
    void error(ClientId client, const spec::ControlError& error) noexcept;

    // What the client asked for last is answered also by the podinit that comes after us, to a client of the same id.
    void keep_call(ClientId client) noexcept;

    // Is it still connected, with room for another reply? A producer of many replies (List) asks before each, and finds
    // the client in take_drained() once there is room again; ask for it after each on_client().
    bool has_room(ClientId client) const noexcept;
    bool connected(ClientId client) const noexcept;
    std::vector<ClientId> take_drained() noexcept;

    std::size_t connections() const noexcept;

  private:
    struct State;
    explicit Control(std::unique_ptr<State>) noexcept;
    std::unique_ptr<State> state_;
};

} // namespace initd
