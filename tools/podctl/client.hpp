// SPDX-License-Identifier: Apache-2.0
// A connection to podinit: calls out, answers in, and the words for what goes wrong.
#pragma once

#include "spec/control.hpp"
#include "tools/podctl/fd.hpp"
#include "tools/podctl/output.hpp"

#include <expected>
#include <span>
#include <string>

namespace ctl {

// podinit has gone away in the middle of something; mostly it is back at once (podctl node reexec, a crash).
struct ConnectionLost : Failure {};

class Client {
  public:
    // Throws Failure when nobody answers there.
    explicit Client(const std::string& socket_path);

    // Sends a call; `fds` go with it (the caller keeps its own). Throws ConnectionLost when the connection breaks.
    void send(const spec::Request& request, std::span<const int> fds = {});
    // Waits for the next answer to it. Throws ConnectionLost when the connection breaks.
    std::expected<spec::Answer, spec::ControlError> receive(const spec::Call& call);

    // A call with one reply, which is of the type that the call has.
    template <typename Reply>
    std::expected<Reply, spec::ControlError> ask(const spec::Call& call) {
        send({.call = call});
        auto answer = receive(call);
        if (!answer)
            return std::unexpected(std::move(answer.error()));
        return std::get<Reply>(std::move(answer->reply));
    }

    // The same, asked once more of a podinit that has gone away and is back.
    template <typename Reply>
    std::expected<Reply, spec::ControlError> ask_again(const spec::Call& call) {
        try {
            return ask<Reply>(call);
        } catch (const ConnectionLost& lost) {
            reconnect(lost);
        }
        return ask<Reply>(call);
    }

    // Waits a few seconds for podinit to answer again; throws `lost` when it does not.
    void reconnect(const ConnectionLost& lost);

    int fd() const { return socket_.get(); } // readable when an answer comes

  private:
    bool connect(); // false: errno
    std::string path_;
    Fd socket_;
    std::string received_; // bytes behind the last message
};

// "Error from server (NotFound): pods "x" not found", as kubectl words it.
std::string to_text(const spec::ControlError& error);
bool is_not_found(const spec::ControlError& error);

// Throws the error as a Failure.
template <typename T>
T value_or_fail(std::expected<T, spec::ControlError> result);
[[noreturn]] void fail(const spec::ControlError& error);

template <typename T>
T value_or_fail(std::expected<T, spec::ControlError> result) {
    if (!result)
        fail(result.error());
    return *std::move(result);
}

} // namespace ctl
