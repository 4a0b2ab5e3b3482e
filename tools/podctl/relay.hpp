// SPDX-License-Identifier: Apache-2.0
// Bytes between the operator's standard streams and a session's descriptors. The session never gets ours: a process in
// a container that held the operator's terminal could type on it.
#pragma once

#include "tools/podctl/fd.hpp"

#include <string>

namespace ctl {

// From a descriptor of ours to the session, without ever waiting for the session to read. Closes the session's end when
// ours has ended, and stops when nobody reads there any more.
class Upstream {
  public:
    Upstream() = default;
    Upstream(int from, Fd to); // makes `to` non-blocking

    int wants_input() const { return to_ && pending_.empty() ? from_ : -1; } // the descriptor to poll, or -1
    int wants_output() const { return pending_.empty() ? -1 : to_.get(); }
    void on_input();  // reads once
    void on_output(); // writes what it can

  private:
    int from_ = -1;
    Fd to_;
    std::string pending_;
};

// From the session to a descriptor of ours, which may be slow: then the session waits.
class Downstream {
  public:
    Downstream() = default;
    Downstream(Fd from, int to); // makes `from` non-blocking

    int wants_input() const { return from_.get(); }
    // Moves what is there. False when there was nothing, or the stream has ended.
    bool on_input();

  private:
    Fd from_;
    int to_ = -1;
};

} // namespace ctl
