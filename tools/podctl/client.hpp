// SPDX-License-Identifier: Apache-2.0
// A connection to podinit: calls out, answers in, and the words for what goes wrong.
#pragma once

#include "spec/control.hpp"
#include "tools/podctl/fd.hpp"

#include <expected>
#include <span>
#include <string>

namespace ctl {

class Client {
  public:
    // Throws Failure when nobody answers there.
    explicit Client(const std::string& socket_path);

    // Sends a call; `fds` go with it (the caller keeps its own). Throws Failure when the connection breaks.
    void send(const spec::Request& request, std::span<const int> fds = {});
    // Waits for the next answer to it. Throws Failure when the connection breaks.
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

    int fd() const { return socket_.get(); } // readable when an answer comes

  private:
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
