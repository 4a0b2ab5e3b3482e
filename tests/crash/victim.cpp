// SPDX-License-Identifier: Apache-2.0
// A guarded program that does itself harm: each line of standard input is one thing to do, each is answered by a line.
// What it answers after a fault comes from the image that took its place.
#include "initd/crash/crash.hpp"
#include "initd/crash/guarded.hpp"
#include "ns/launcher.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>
#include <string_view>

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace initd;

namespace {

volatile int sink;

int state_file() {
    const int fd = ::memfd_create("state", MFD_ALLOW_SEALING);
    ControlBlock first;
    if (::ftruncate(fd, 2 * control_size) != 0 || ::write(fd, &first, sizeof first) != sizeof first)
        ::_exit(90);
    ::fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_SEAL);
    return fd;
}

int count_entries(const char* path) {
    DIR* dir = ::opendir(path);
    int count = 0;
    while (dir && ::readdir(dir))
        ++count;
    if (dir)
        ::closedir(dir);
    return count;
}

int count_lines(const char* path) {
    const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
    char bytes[4096];
    int count = 0;
    for (ssize_t n; (n = ::read(fd, bytes, sizeof bytes)) > 0;)
        for (ssize_t i = 0; i < n; ++i)
            count += bytes[i] == '\n';
    ::close(fd);
    return count;
}

[[gnu::noinline]] int deeper(int n) {
    volatile char room[4096];
    if (n < 0)
        return 0;
    room[n % 4096] = static_cast<char>(n);
    return deeper(n + 1) + room[0];
}

// All that is writable and not guarded: the heap, .data and .bss as far as they can be found.
void scribble() {
    char* heap = static_cast<char*>(std::malloc(1 << 16));
    for (int i = -64; i < 1 << 16; ++i)
        static_cast<volatile char*>(heap)[i] = 0x41;
    for (int i = 0; i < 100; ++i)
        std::free(std::malloc(static_cast<std::size_t>(i) * 24 + 8));
    std::free(heap);
    *reinterpret_cast<volatile int*>(0x4141414141414141) = 1;
}

void throw_one() {
    throw 1;
}

[[noreturn]] void hang() {
    for (;;)
        sink = sink + 1;
}

void block() {
    int ends[2];
    char byte;
    if (::pipe2(ends, O_CLOEXEC) == 0)
        sink = static_cast<int>(::read(ends[0], &byte, 1));
}

std::string own_path() {
    char path[4096];
    const ssize_t n = ::readlink("/proc/self/exe", path, sizeof path - 1);
    return std::string(path, n > 0 ? static_cast<std::size_t>(n) : 0);
}

// The mount that our program is on; for this mount namespace only.
void may_execute(bool may) {
    for (std::string at = own_path(); !at.empty();) {
        at.resize(at.rfind('/'));
        if (::mount(nullptr, at.empty() ? "/" : at.c_str(), nullptr, MS_REMOUNT | MS_BIND | (may ? 0 : MS_NOEXEC),
                    nullptr) == 0)
            return;
    }
}

// Children that are on their way while we crash: each ends with 0.
void launch(int count) {
    static auto launcher = ns::Launcher::open();
    ::fcntl(launcher->report_fd(), F_SETFD, 0);
    for (int i = 0; i < count; ++i) {
        ns::Plan plan;
        plan.programs = {"/bin/true"};
        plan.argv = {"true"};
        plan.create_mount = true; // takes a while
        sink = launcher->launch(std::move(plan), 1).value_or(0);
    }
    *reinterpret_cast<volatile int*>(8) = 1;
}

// False: it is none of these.
bool harm(std::string_view what) {
    if (what == "null")
        *reinterpret_cast<volatile int*>(8) = 1;
    else if (what == "abort")
        std::abort();
    else if (what == "terminate")
        std::terminate();
    else if (what == "throw")
        []() noexcept { throw_one(); }();
    else if (what == "illegal")
        __builtin_trap();
    else if (what == "trap")
        ::raise(SIGTRAP);
    else if (what == "divide")
        ::raise(SIGFPE);
    else if (what == "bus") {
        const int fd = ::memfd_create("short", MFD_CLOEXEC);
        *static_cast<volatile char*>(::mmap(nullptr, 4096, PROT_WRITE | PROT_READ, MAP_SHARED, fd, 0)) = 1;
    } else if (what == "overflow")
        sink = deeper(0);
    else if (what == "stack")
        asm volatile("mov $8, %%rsp\n\tcall *%%rax" : : "a"(&std::abort) : "memory");
    else if (what == "nowhere")
        reinterpret_cast<void (*)()>(0x10)();
    else if (what == "scribble")
        scribble();
    else if (what == "handler") { // what the handler wants to write to is gone
        ::munmap(crash::guarded.words.control, control_size);
        *reinterpret_cast<volatile int*>(8) = 1;
    } else if (what == "hang")
        hang();
    else if (what == "block")
        block();
    else if (what == "become")
        crash::become(::open((own_path() + "-faulty").c_str(), O_PATH | O_CLOEXEC));
    else if (what == "launch")
        launch(40);
    else if (what == "cannot") {
        const pid_t ends = ::fork();
        if (ends == 0)
            ::_exit(7);
        siginfo_t info;
        ::waitid(P_PID, static_cast<id_t>(ends), &info, WEXITED | WNOWAIT); // for the last resort to reap
        if (::fork() == 0) {                                                // until it is told
            while (::access((own_path() + ".may").c_str(), F_OK) != 0)
                ::usleep(5'000);
            may_execute(true);
            ::pause();
        }
        may_execute(false);
        *reinterpret_cast<volatile int*>(8) = 1;
    } else
        return false;
    return true;
}

// With the status of who has ended meanwhile.
std::string answer(std::string_view line) {
    const ControlBlock& control = *crash::guarded.words.control;
    char text[200];
    if (line == "count") {
        std::snprintf(text, sizeof text, "%u %u", control.crashes, control.crashes_in_row);
        return text;
    }
    if (line == "resources") {
        std::snprintf(text, sizeof text, "%d %d", count_entries("/proc/self/fd"), count_lines("/proc/self/maps"));
        return text;
    }
    if (line == "child") { // lives until it is told so through a pipe that outlives us
        const pid_t child = ::fork();
        if (child == 0) {
            ::execl("/bin/sleep", "sleep", "1000", nullptr);
            ::_exit(1);
        }
        return std::to_string(child);
    }
    if (line == "reap") {
        int status = 0;
        const pid_t pid = ::waitpid(-1, &status, WNOHANG);
        return pid <= 0 ? "none" : std::to_string(pid) + " " + std::to_string(status);
    }
    if (line == "ended") { // in the last resort
        const Ended& last = control.ended[0];
        return std::to_string(control.ended_count) + " " + std::to_string(last.pid > 1) + " " +
               std::to_string(last.code);
    }
    if (line == "pid")
        return std::to_string(::getpid());
    if (line == "fork") { // a fork's fault is its own
        const pid_t child = ::fork();
        if (child == 0)
            *reinterpret_cast<volatile int*>(8) = 1;
        int status = 0;
        ::waitpid(child, &status, 0);
        return WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status)) : "no signal";
    }
    return "?";
}

} // namespace

int main(int argc, char** argv) {
    const int resumed = crash::resumed_from(argc, argv);
    const bool without_state = argc > 1 && std::string_view(argv[1]) == "--no-state";
    const int state = resumed >= 0 ? resumed : without_state ? -1 : state_file();
    crash::guard(state, argv, environ, ::getpid() == 1 ? Standing::Container : Standing::Supervisor);
    spec::Config config;
    if (const int ms = argc > 1 ? std::atoi(argv[1]) : 0; ms > 0)
        config.hang_ms = ms;
    crash::configure(config);
    if ((argc > 1 && std::string_view(argv[1]) == "--faulty") || own_path().ends_with("-faulty"))
        harm("null");
    std::string line; // one byte at a time: what is not read yet is there after a crash
    for (;;) {
        crash::waits();
        char byte;
        const ssize_t n = ::read(STDIN_FILENO, &byte, 1);
        if (n == 0)
            return 0;
        if (n < 0)
            continue;
        crash::works();
        if (byte != '\n') {
            line += byte;
            continue;
        }
        take_in_hand(*crash::guarded.words.control, InHand::Call, line.size(), static_cast<unsigned char>(line[0]));
        if (!harm(line)) {
            const std::string out = answer(line) + "\n";
            sink = static_cast<int>(::write(STDOUT_FILENO, out.data(), out.size()));
        }
        line.clear();
    }
}
