// SPDX-License-Identifier: Apache-2.0
// A podinit that says what a test tells it to, on a socket of its own, and podctl run against it as a program.
#pragma once

#include "spec/control.hpp"
#include "tools/podctl/fd.hpp"

#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace tests {

// One connection, as the fake's answerer sees it.
class Peer {
  public:
    explicit Peer(int socket)
        : socket_(socket) {}
    void reply(const spec::Reply& reply, bool continues = false) { send(spec::write_reply(reply, continues)); }
    void error(const spec::ControlError& error) { send(spec::write_error(error)); }
    void hang_up();

    std::vector<ctl::Fd> fds; // that came with the call

  private:
    void send(const std::string& message);
    int socket_;
};

using Answerer = std::function<void(const spec::Request&, Peer&)>;

class FakePodinit {
  public:
    // Each connection has a thread, so that an answerer may wait for another connection's call.
    explicit FakePodinit(Answerer answerer);
    ~FakePodinit();

    const std::string& directory() const { return directory_; }
    std::string socket() const { return directory_ + "/control.sock"; }
    std::vector<spec::Request> calls(); // so far

  private:
    void accept_all();
    void serve(ctl::Fd socket);

    Answerer answerer_;
    std::string directory_;
    ctl::Fd listener_;
    std::mutex mutex_;
    std::vector<spec::Request> calls_;
    std::vector<std::thread> connections_;
    std::thread acceptor_;
};

struct Outcome {
    int code = -1;
    std::string out, err;
};

// Runs podctl; `socket` is left away when empty.
Outcome podctl(const std::string& socket, std::vector<std::string> args, const std::string& input = "");

// Starts it with given descriptors as its standard streams; its pid.
pid_t start_podctl(const std::string& socket, std::vector<std::string> args, int in, int out, int err);
int wait_for(pid_t pid); // its exit code; 128 + n for signal n

} // namespace tests
