// SPDX-License-Identifier: Apache-2.0
// The operator's terminal during a session: raw, and put back whatever ends the session.
#pragma once

#include "tools/podctl/fd.hpp"

#include <csignal>
#include <termios.h>

namespace ctl {

// Raw from construction to destruction.
class RawTerminal {
  public:
    explicit RawTerminal(int fd);
    RawTerminal(const RawTerminal&) = delete;
    RawTerminal& operator=(const RawTerminal&) = delete;
    ~RawTerminal();

  private:
    int fd_;
    bool changed_ = false;
    termios before_{};
};

// Gives one terminal the window size of another.
void copy_window_size(int from, int to);

// SIGWINCH and the signals that would end podctl, as something to poll: a terminal must be put back before they do.
class SessionSignals {
  public:
    SessionSignals();
    SessionSignals(const SessionSignals&) = delete;
    SessionSignals& operator=(const SessionSignals&) = delete;
    ~SessionSignals();

    int fd() const { return fd_.get(); }
    int take(); // the next one's number, or 0

  private:
    sigset_t before_;
    Fd fd_;
};

} // namespace ctl
