// SPDX-License-Identifier: Apache-2.0
// The control socket with clients in the same process; what methods.cpp would do is up to each test.
#pragma once

#include "initd/control.hpp"
#include "tests/daemon/log_rig.hpp"
#include "tests/nowhere.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace initd {

// Who a client is when it connects.
struct Credentials {
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups;
};

class Client {
  public:
    explicit Client(ns::Fd socket)
        : socket_(std::move(socket)) {}

    int fd() const noexcept { return socket_.get(); }
    void close() { socket_.reset(); }
    // As much as can be sent at once, with descriptors if there are any.
    ssize_t send(std::string_view bytes, const std::vector<int>& fds = {});
    // Reads what is there. False: the server has closed.
    bool receive();
    std::optional<std::string> take(); // a message, if a whole one is there

  private:
    ns::Fd socket_;
    std::string in_;
};

class ControlRig {
  public:
    explicit ControlRig(ControlPolicy policy = {});

    Client connect(const Credentials& who = {});
    void turn();
    template <class Done>
    bool until(Done done) {
        for (int turns = 0; turns < 5'000; ++turns) {
            if (done())
                return true;
            turn();
        }
        return false;
    }
    std::string read(Client& client); // the next message, or "closed" or "nothing"
    bool is_closed(Client& client);   // after whatever was said
    std::string ask(Client& client, std::string_view message) {
        client.send(std::string(message) + '\0');
        return read(client);
    }
    std::size_t open_fds() const;

    TempDir temp;
    std::string path;
    Poller poller;
    Control control;
    std::vector<IncomingCall> calls;
    std::vector<ClientId> drained;
};

} // namespace initd
