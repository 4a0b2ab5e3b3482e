// SPDX-License-Identifier: Apache-2.0
// One client's socket: bytes in become messages with the descriptors that came with them, messages out wait until the
// client reads them. Nothing is kept in memory between calls.
#pragma once

#include "initd/control.hpp"
#include "ns/fd.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sys/socket.h>

namespace initd {

class ControlConnection {
  public:
    static constexpr std::size_t max_fds = 8; // a message

    ControlConnection(ns::Fd socket, const Peer& peer) noexcept
        : socket_(std::move(socket))
        , peer_(peer) {}

    int fd() const noexcept { return socket_.get(); }
    const Peer& peer() const noexcept { return peer_; }

    // Reads once, as much as has come up to a bound. False: the connection is broken.
    bool receive();
    bool at_end() const noexcept { return at_end_; } // the client sends no more, but may still read
    bool has_message() const noexcept { return nul_ != std::string::npos; }
    bool overlong() const noexcept; // the message that comes is longer than the peer may send
    struct Message {
        std::string text;
        std::vector<ns::Fd> fds;
    };
    Message take_message(); // only if there is one

    void queue(std::string_view message);
    std::size_t queued() const noexcept { return out_.size() - sent_; }
    // Nothing that it said or is to be told is in our memory alone.
    bool is_between_messages() const noexcept {
        return !closing && !at_end_ && in_.empty() && fds_.empty() && queued() == 0;
    }
    // Writes what the socket takes. False: the connection is broken.
    bool flush() noexcept;

    // Control's notes.
    bool in_call = false;      // a call was handed over and has not been answered to its end
    bool oneway = false;       // that call wants no reply
    bool closing = false;      // nothing more is taken from it; it is closed when it has read what is queued
    bool kept = false;         // the state file has a record of it as it is now
    bool full = false;         // has_room() was false since the last take_drained()
    std::uint32_t watched = 0; // EPOLLIN, ...

  private:
    struct Arrived {
        std::size_t end; // of the bytes that it came with, in in_
        ns::Fd fd;
    };

    void take_fds(msghdr& message, std::size_t end);

    ns::Fd socket_;
    Peer peer_;
    bool at_end_ = false;
    std::string in_;
    std::size_t nul_ = std::string::npos; // the first one in in_
    std::vector<Arrived> fds_;
    std::string out_;
    std::size_t sent_ = 0; // of out_
};

} // namespace initd
