// SPDX-License-Identifier: Apache-2.0
#include "initd/log.hpp"

#include "ns/fd.hpp"
#include "ns/launcher.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace initd {
namespace {

// devkmsg_write() refuses a longer record with EINVAL (kernel/printk/printk.c, LOG_LINE_MAX: 1024 - 48 in the kernels
// that have the smallest one).
constexpr std::size_t max_line = 976;

constinit bool wants_kmsg = false;
constinit int kmsg = -1;
constinit unsigned lines_written = 0;

// The kernel drops, without a word, all but 10 of a process's lines in 5 seconds (kernel/printk, devkmsg_write), unless
// told not to. A boot that has less to say does not pay for it.
void lift_rate_limit() noexcept {
    const ns::Fd limit(::open("/proc/sys/kernel/printk_devkmsg", O_WRONLY | O_CLOEXEC));
    if (limit)
        (void)!::write(limit.get(), "on\n", 3);
}

// A line under construction; what does not fit is cut, and the cut is shown.
struct Line {
    char text[max_line];
    std::size_t used = 0;

    void append(std::string_view part) noexcept {
        std::size_t n = std::min(part.size(), sizeof text - used);
        for (std::size_t i = 0; i < n; ++i) {
            // A name or message must not be able to start a line of its own.
            auto c = static_cast<unsigned char>(part[i]);
            text[used++] = c < 0x20 || c == 0x7f ? ' ' : part[i];
        }
    }
    void end() noexcept {
        if (used == sizeof text)
            std::memcpy(text + sizeof text - 4, "...", 3), used = sizeof text - 1;
        text[used++] = '\n';
    }
};

void open_kmsg() noexcept {
    kmsg = ns::raise(ns::Fd(::open("/dev/kmsg", O_WRONLY | O_NONBLOCK | O_CLOEXEC))).release();
}

// A pipe or terminal that POLLOUT says is writable takes a whole line (PIPE_BUF, tty_write_room) without blocking; the
// open file description is shared with others, so O_NONBLOCK is not ours to set.
void write_stderr(const char* text, std::size_t size) noexcept {
    pollfd fd{STDERR_FILENO, POLLOUT, 0};
    if (::poll(&fd, 1, 0) == 1 && (fd.revents & POLLOUT))
        (void)!::write(STDERR_FILENO, text, size);
}

} // namespace

void open_log(bool use_kmsg) noexcept {
    wants_kmsg = use_kmsg;
    if (wants_kmsg && kmsg < 0)
        open_kmsg();
}

int kmsg_fd() noexcept {
    return kmsg;
}

void log(Level level, std::initializer_list<std::string_view> parts) noexcept {
    if (wants_kmsg && kmsg < 0) // the first lines of a boot come before /dev is mounted
        open_kmsg();
    Line line;
    std::size_t priority = 0;
    if (kmsg >= 0) {
        constexpr unsigned daemon_facility = 3; // syslog(3)
        unsigned value = daemon_facility << 3 | static_cast<unsigned>(level);
        const char prefix[] = {'<', static_cast<char>('0' + value / 10), static_cast<char>('0' + value % 10), '>'};
        line.append({prefix, sizeof prefix});
        priority = sizeof prefix;
    }
    line.append("podinit: ");
    for (std::string_view part : parts)
        line.append(part);
    line.end();
    if (kmsg >= 0 && ++lines_written == 8)
        lift_rate_limit();
    if (kmsg < 0 || ::write(kmsg, line.text, line.used) < 0)
        write_stderr(line.text + priority, line.used - priority);
}

} // namespace initd
