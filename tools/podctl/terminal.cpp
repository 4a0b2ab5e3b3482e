// SPDX-License-Identifier: Apache-2.0
#include "tools/podctl/terminal.hpp"

#include <sys/ioctl.h>
#include <sys/signalfd.h>

namespace ctl {

RawTerminal::RawTerminal(int fd)
    : fd_(fd) {
    if (tcgetattr(fd_, &before_) != 0)
        return;
    termios raw = before_;
    cfmakeraw(&raw);
    changed_ = tcsetattr(fd_, TCSADRAIN, &raw) == 0;
}

RawTerminal::~RawTerminal() {
    if (changed_)
        tcsetattr(fd_, TCSADRAIN, &before_);
}

void copy_window_size(int from, int to) {
    winsize size{};
    if (ioctl(from, TIOCGWINSZ, &size) == 0)
        ioctl(to, TIOCSWINSZ, &size);
}

SessionSignals::SessionSignals() {
    sigset_t ours;
    sigemptyset(&ours);
    for (const int signal : {SIGWINCH, SIGHUP, SIGINT, SIGQUIT, SIGTERM})
        sigaddset(&ours, signal);
    sigprocmask(SIG_BLOCK, &ours, &before_);
    fd_ = Fd(signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK));
}

SessionSignals::~SessionSignals() {
    sigprocmask(SIG_SETMASK, &before_, nullptr);
}

int SessionSignals::take() {
    signalfd_siginfo info{};
    return read(fd_.get(), &info, sizeof info) == sizeof info ? static_cast<int>(info.ssi_signo) : 0;
}

} // namespace ctl
