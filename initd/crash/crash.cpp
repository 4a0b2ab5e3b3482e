// SPDX-License-Identifier: Apache-2.0
#include "initd/crash/crash.hpp"

#include "initd/crash/guarded.hpp"
#include "initd/log.hpp"
#include "ns/launcher.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

namespace initd::crash {

constinit Guarded guarded{};

namespace {

constinit ControlBlock without_file; // where there is no state file

constexpr std::string_view resume_option = "--resume=";

// The running program; a descriptor finds it also when it has been replaced, moved or removed, and without /proc.
int own_binary(ControlBlock& control) noexcept {
    if (const int flags = ::fcntl(control.binary, F_GETFL); flags >= 0 && (flags & O_PATH))
        return control.binary;
    ns::Fd binary(::open("/proc/self/exe", O_PATH));
    if (!binary)
        binary.reset(::open(reinterpret_cast<const char*>(::getauxval(AT_EXECFN)), O_PATH));
    return control.binary = ns::keep(std::move(binary)).release();
}

std::size_t count(char** list) noexcept {
    std::size_t n = 0;
    while (list[n])
        ++n;
    return n;
}

struct Copier {
    char** pointers;
    char* texts;

    void add(const char* text) noexcept {
        *pointers++ = texts;
        texts = std::strcpy(texts, text) + std::strlen(text) + 1;
    }
};

// argv with --resume=FD, and the environment, in a mapping of their own that nothing can write to.
bool keep_arguments(Words& words, int state, char** argv, char** env) noexcept {
    char option[32];
    std::memcpy(option, resume_option.data(), resume_option.size());
    *std::to_chars(option + resume_option.size(), option + sizeof option - 1, state).ptr = '\0';
    const std::size_t arguments = count(argv), variables = count(env);
    const std::size_t pointers = arguments + variables + 3; // the option and two ends
    std::size_t size = pointers * sizeof(char*) + sizeof option;
    for (char** list : {argv, env})
        for (; *list; ++list)
            size += std::strlen(*list) + 1;
    void* const mapped = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED)
        return false;
    words.argv = static_cast<char**>(mapped);
    Copier to{words.argv, reinterpret_cast<char*>(words.argv + pointers)};
    for (std::size_t i = 0; i < arguments; ++i) {
        to.add(argv[i]);
        if (i == 0)
            to.add(option);
    }
    words.env = ++to.pointers;
    for (; *env; ++env)
        to.add(*env);
    return ::mprotect(mapped, size, PROT_READ) == 0;
}

void handle(int signo, void (*handler)(int, siginfo_t*, void*) noexcept, int flags) noexcept {
    struct sigaction action {};
    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | flags;
    action.sa_mask = all_but_faults();
    ::sigaction(signo, &action, nullptr);
}

void let_through() noexcept {
    sigset_t signals;
    ::sigemptyset(&signals);
    for (const int fault : faults)
        ::sigaddset(&signals, fault);
    ::sigaddset(&signals, hang_signal);
    ::sigprocmask(SIG_UNBLOCK, &signals, nullptr);
}

std::uint64_t bits_of(const sigset_t& set) noexcept {
    std::uint64_t bits = 0;
    for (int signo = 1; signo <= SIGRTMAX; ++signo)
        if (::sigismember(&set, signo) == 1)
            bits |= bit(signo);
    return bits;
}

} // namespace

int resumed_from(int& argc, char** argv) noexcept {
    if (argc < 2 || !std::string_view(argv[1]).starts_with(resume_option))
        return -1;
    const std::string_view number = std::string_view(argv[1]).substr(resume_option.size());
    std::copy(argv + 2, argv + argc + 1, argv + 1); // and the null
    --argc;
    int state = -1;
    const auto [end, wrong] = std::from_chars(number.data(), number.data() + number.size(), state);
    const int seals = wrong == std::errc{} && end == number.data() + number.size() ? ::fcntl(state, F_GET_SEALS) : -1;
    if (seals >= 0 && (seals & F_SEAL_SHRINK)) // what is mapped stays there
        return state;
    log(Level::Error, {resume_option, number, ": is no state file"});
    return -1;
}

void guard(int state, char** argv, char** env, Standing standing) noexcept {
    Words& words = guarded.words;
    void* const control =
        state < 0 ? MAP_FAILED : ::mmap(nullptr, control_size, PROT_READ | PROT_WRITE, MAP_SHARED, state, 0);
    const bool kept = control != MAP_FAILED && keep_arguments(words, state, argv, env);
    words.control = kept ? static_cast<ControlBlock*>(control) : &without_file;
    words.state = kept ? state : -1;
    words.binary = own_binary(*words.control);
    words.kmsg = kmsg_fd();
    words.pmsg =
        standing == Standing::Machine ? ns::raise(ns::Fd(::open("/dev/pmsg0", O_WRONLY | O_CLOEXEC))).release() : -1;
    words.standing = standing;
    words.waited_for = bits_of(signals_of(standing));
    words.control->waiting = 0;

    const stack_t stack{.ss_sp = guarded.stack, .ss_flags = 0, .ss_size = stack_size};
    if (::sigaltstack(&stack, nullptr) != 0)
        return log(Level::Error, {"crashes are not survived: ", ::strerrordesc_np(errno)});
    words.timer = make_timer();
    words.pid = ::getpid();
    ::mprotect(guarded.below, page_size, PROT_NONE);
    ::mprotect(&words, page_size, PROT_READ);
    for (const int fault : faults)
        handle(fault, on_fault, SA_NODEFER);
    handle(hang_signal, on_hang_timer, SA_RESTART);
    let_through();
    works();
}

void configure(const spec::Config& config) noexcept {
    if (guarded.words.pid == 0)
        return;
    ControlBlock& control = *guarded.words.control;
    control.hang_ms = static_cast<std::uint32_t>(config.hang_ms);
    control.reboot_after_s = static_cast<std::uint32_t>(config.crash_reboot_ms / 1000);
    arm_timer();
}

// The number stays the same: the handler and the next image know it.
void become(int program) noexcept {
    const Words& words = guarded.words;
    errno = EBADF;
    if (words.pid == 0 || words.state < 0 || words.binary < 0)
        return;
    ControlBlock& control = *words.control;
    ns::Fd before = ns::keep(ns::Fd(::fcntl(words.binary, F_DUPFD_CLOEXEC, 0)));
    if (!before || ::dup3(program, words.binary, 0) < 0)
        return;
    ns::Fd(std::exchange(control.program_before, before.get()));
    control.ordered = 1;
    sigset_t signals;
    ::sigprocmask(SIG_SETMASK, nullptr, &signals);
    const long failed = execute_again();
    ::sigprocmask(SIG_SETMASK, &signals, nullptr);
    ::dup3(before.get(), words.binary, 0);
    control.ordered = 0;
    control.program_before = -1;
    errno = static_cast<int>(-failed);
}

} // namespace initd::crash
