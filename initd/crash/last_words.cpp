// SPDX-License-Identifier: Apache-2.0
#include "initd/crash/last_words.hpp"

#include "ns/syscalls.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/uio.h>
#include <unistd.h>

extern "C" const char __executable_start[], etext[]; // the linker's: where podinit's code is

namespace initd::crash {
namespace {

using ns::raw::call;

constexpr std::size_t max_line = 900; // the kernel's log takes 976 (log.cpp)
constexpr std::size_t stack_looked_at = 16 << 10;
constexpr std::size_t chunk = 128; // words of the stack at a time
constexpr int most_addresses = 24;

class Line {
  public:
    void add(std::string_view text) noexcept {
        for (std::size_t i = 0; i < text.size() && used_ < max_line; ++i)
            text_[used_++] = text[i];
    }
    void number(std::uint64_t value, unsigned base = 10) noexcept {
        char digits[20];
        std::size_t at = sizeof digits;
        do
            digits[--at] = "0123456789abcdef"[value % base];
        while (value /= base);
        add({digits + at, sizeof digits - at});
    }
    void hex(std::uint64_t value) noexcept {
        add(" 0x");
        number(value, 16);
    }
    std::string_view text() const noexcept { return {text_, used_}; }

  private:
    char text_[max_line];
    std::size_t used_ = 0;
};

std::string_view name_of(int signo) noexcept {
    switch (signo) {
    case SIGSEGV: return "SIGSEGV";
    case SIGBUS: return "SIGBUS";
    case SIGILL: return "SIGILL";
    case SIGFPE: return "SIGFPE";
    case SIGABRT: return "SIGABRT";
    case SIGSYS: return "SIGSYS";
    case SIGTRAP: return "SIGTRAP";
    }
    return "hang";
}

std::string_view name_of(InHand what) noexcept {
    switch (what) {
    case InHand::Nothing: return "nothing";
    case InHand::Event: return "event";
    case InHand::Deadline: return "deadline";
    case InHand::Ready: return "ready";
    case InHand::Manifest: return "manifest";
    case InHand::Call: return "call";
    case InHand::Record: return "record";
    }
    return "?";
}

// Frame pointers there are none, so this is whatever looks like a return address.
void add_stack(Line& line, std::uint64_t sp) noexcept {
    const auto begin = reinterpret_cast<std::uint64_t>(__executable_start),
               end = reinterpret_cast<std::uint64_t>(etext);
    std::uint64_t words[chunk];
    int found = 0;
    sp &= ~std::uint64_t{7};
    for (std::size_t looked = 0; looked < stack_looked_at && found < most_addresses; looked += sizeof words) {
        iovec to{words, sizeof words}, from{reinterpret_cast<void*>(sp + looked), sizeof words};
        // Not more than there is: a page that is missing ends what is read.
        const ssize_t got = ::process_vm_readv(guarded.words.pid, &to, 1, &from, 1, 0);
        for (ssize_t i = 0; i < got / 8 && found < most_addresses; ++i)
            if (words[i] >= begin && words[i] < end) {
                line.hex(words[i]);
                ++found;
            }
        if (got < static_cast<ssize_t>(sizeof words))
            return;
    }
}

// As log() does it: a terminal or pipe that takes nothing keeps nobody waiting.
void write_stderr(std::string_view text) noexcept {
    pollfd fd{STDERR_FILENO, POLLOUT, 0};
    const timespec at_once{};
    if (call(SYS_ppoll, &fd, 1, &at_once, nullptr, 0) == 1 && (fd.revents & POLLOUT))
        call(SYS_write, STDERR_FILENO, text.data(), text.size());
}

void say(const Line& line) noexcept {
    constexpr std::size_t priority = 4; // "<27>": daemon, error
    const std::string_view text = line.text(), words = text.substr(priority);
    if (guarded.words.pmsg >= 0)
        call(SYS_write, guarded.words.pmsg, words.data(), words.size());
    if (guarded.words.kmsg < 0 || call(SYS_write, guarded.words.kmsg, text.data(), text.size()) < 0)
        write_stderr(words);
}

} // namespace

void say(std::string_view words) noexcept {
    Line line;
    line.add("<27>podinit: ");
    line.add(words);
    line.add("\n");
    say(line);
}

void say_last_words(const Registers& at) noexcept {
    const ControlBlock& control = *guarded.words.control;
    Line line;
    line.add("<27>podinit: crash ");
    line.number(control.crashes);
    line.add(", ");
    line.number(control.crashes_in_row);
    line.add(" in a row: ");
    line.add(name_of(control.last_signal));
    line.add(" at");
    line.hex(control.last_address);
    line.add(", ip");
    line.hex(at.ip);
    line.add(", in hand: ");
    line.add(name_of(control.last_in_hand.what));
    line.hex(control.last_in_hand.a);
    line.hex(control.last_in_hand.b);
    line.add(", stack:");
    add_stack(line, at.sp);
    line.add("\n");
    say(line);
}

} // namespace initd::crash
