// SPDX-License-Identifier: Apache-2.0
// The guest's first program, the same for whatever runs there as PID 1: mounts what each of them wants, leaves a
// witness behind, and becomes the program that /pid1 names (a word a line). Its last act before is to stamp the clock.
//
// The witness looks every 50 ms whether /count services have stamped (into the pipe /stamps, so they do not wake it),
// lets the machine come to rest, prints what it saw on the serial line and resets the machine:
//   MemFree: kB | START nanoseconds | STAMP nanoseconds ... | PROCESS pid name, then Pss: and Rss: lines ... | END
// As a child of the first program it is no pod, and so may read PID 1's memory map and reset the machine. What it needs
// is open before PID 1 starts to move mounts.
#include "tests/bench/bare.hpp"

#include <csignal>
#include <linux/reboot.h>
#include <sys/ioctl.h>

namespace {

using bench::call;

char text[8192];
char self[24];
long console, proc, stamps;

void say(const char* what, std::size_t size) {
    call(SYS_write, console, what, size);
}
void say(const char* what) {
    say(what, bench::length(what));
}
void say(std::uint64_t value) {
    char digits[24];
    say(digits, static_cast<std::size_t>(bench::put(digits, value) - digits));
}

void rest(long milliseconds) {
    timespec time{milliseconds / 1000, milliseconds % 1000 * 1'000'000};
    call(SYS_nanosleep, &time, nullptr);
}

// All of a small file, as far as it fits; its size, or less than 0.
long read_text(long directory, const char* path, char* to, std::size_t room) {
    const long file = call(SYS_openat, directory, path, O_RDONLY);
    if (file < 0)
        return file;
    long size = 0;
    for (long got; static_cast<std::size_t>(size) < room - 1 &&
                   (got = call(SYS_read, file, to + size, room - 1 - static_cast<std::size_t>(size))) > 0;)
        size += got;
    call(SYS_close, file);
    to[size] = '\0';
    return size;
}

bool starts(const char* line, const char* with) {
    while (*with)
        if (*line++ != *with++)
            return false;
    return true;
}

bool same(const char* one, const char* other) {
    return starts(one, other) && starts(other, one);
}

// The lines that begin with one of the two keys.
void say_lines(const char* all, const char* one, const char* other) {
    for (const char* line = all; *line;) {
        const char* end = line;
        while (*end && *end != '\n')
            ++end;
        if (starts(line, one) || starts(line, other)) {
            say(line, static_cast<std::size_t>(end - line));
            say("\n");
        }
        line = *end ? end + 1 : end;
    }
}

// What a process that is neither a service nor the kernel's nor the witness weighs.
void say_process(const char* pid) {
    char path[64];
    char name[32];
    const auto file = [&](const char* leaf) {
        char* at = path;
        for (const char* from = pid; *from; ++from)
            *at++ = *from;
        while ((*at++ = *leaf++)) {
        }
        return path;
    };
    if (read_text(proc, file("/comm"), name, sizeof name) <= 0)
        return;
    if (starts(name, "service\n") || starts(name, "run\n"))
        return;
    if (read_text(proc, file("/smaps_rollup"), text, sizeof text) <= 0)
        return;
    say("PROCESS ");
    say(pid);
    say(" ");
    say(name);
    say_lines(text, "Pss:", "Rss:");
}

void say_processes() {
    alignas(8) static char entries[8192];
    for (long got; (got = call(SYS_getdents64, proc, entries, sizeof entries)) > 0;)
        for (long at = 0; at < got;) {
            const char* entry = entries + at;
            const char* name = entry + 19; // struct linux_dirent64: d_name
            if (name[0] >= '1' && name[0] <= '9' && !same(name, self))
                say_process(name);
            at += *reinterpret_cast<const unsigned short*>(entry + 16); // d_reclen
        }
}

void say_stamps(std::size_t count) {
    for (std::size_t i = 0; i <= count; ++i) {
        bench::Stamp stamp{};
        call(SYS_read, stamps, &stamp, sizeof stamp);
        say(i == 0 ? "START " : "STAMP ");
        say(stamp.nanoseconds);
        say("\n");
    }
}

[[noreturn]] void witness(std::size_t count) {
    *bench::put(self, static_cast<std::uint64_t>(call(SYS_getpid))) = '\0';
    for (int waiting = 0;;) {
        call(SYS_ioctl, stamps, FIONREAD, &waiting);
        if (static_cast<std::size_t>(waiting) >= (1 + count) * sizeof(bench::Stamp))
            break;
        rest(50);
    }
    rest(1500);
    const long refresh = call(SYS_openat, proc, "sys/vm/stat_refresh", O_WRONLY); // the counters of each processor
    call(SYS_write, refresh, "1", 1);
    read_text(proc, "meminfo", text, sizeof text);
    say("\n");
    say_lines(text, "MemFree:", "MemTotal:");
    say_stamps(count);
    say_processes();
    say("END\n");
    call(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_RESTART, nullptr);
    for (;;)
        rest(1000);
}

} // namespace

int main_bare(char**, char**) {
    call(SYS_mount, "proc", "/proc", "proc", 0, nullptr);
    call(SYS_mount, "sysfs", "/sys", "sysfs", 0, nullptr);
    call(SYS_mount, "devtmpfs", "/dev", "devtmpfs", 0, nullptr);
    call(SYS_mount, "tmpfs", "/run", "tmpfs", 0, nullptr);
    console = call(SYS_openat, AT_FDCWD, "/dev/console", O_RDWR | O_NOCTTY);
    for (int fd = 0; fd < 3; ++fd)
        call(SYS_dup3, console, fd, 0);
    console = call(SYS_fcntl, console, F_DUPFD_CLOEXEC, 200);
    proc = call(SYS_openat, AT_FDCWD, "/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    stamps = call(SYS_openat, AT_FDCWD, "/stamps", O_RDWR | O_CLOEXEC); // for reading and writing: neither side waits

    char count[16];
    read_text(AT_FDCWD, "/count", count, sizeof count);
    static char words[1024];
    char* arguments[32];
    std::size_t number = 0;
    const long size = read_text(AT_FDCWD, "/pid1", words, sizeof words);
    for (long at = 0; at < size && number < 31; ++at) {
        arguments[number++] = words + at;
        while (words[at] && words[at] != '\n')
            ++at;
        words[at] = '\0';
    }
    arguments[number] = nullptr;
    char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
    char* environment[] = {path, nullptr};

    if (call(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr) == 0)
        witness(bench::number(count));
    rest(200); // until the witness waits
    const bench::Stamp start{bench::now(), 1};
    call(SYS_write, stamps, &start, sizeof start);
    call(SYS_execve, arguments[0], arguments, environment);
    say("guest: execve failed\n");
    return 1;
}
