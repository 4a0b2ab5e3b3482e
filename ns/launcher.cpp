// SPDX-License-Identifier: Apache-2.0
#include "ns/launcher.hpp"

#include "ns/child.hpp"
#include "ns/clone.hpp"
#include "ns/stacks.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <linux/close_range.h>
#include <new>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace ns {
namespace {

// AddressSanitizer's shadow of a stack cannot follow a child that leaves it by execve: copy the memory instead.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool may_share_memory = false;
#else
constexpr bool may_share_memory = true;
#endif

// Descriptors for about 1,900 containers: two streams each. The kernel's table takes 8 bytes for each.
constexpr int large_table = 4096;

static_assert(sizeof(Report) == 16); // written whole: PIPE_BUF is far above

// Everything that one child reads, kept until it has left our memory.
struct Launch {
    std::uint64_t stack = 0; // 0: the child copies our memory
    pid_t tid = 0;      // not 0: the child is still here. The kernel clears it at exec or exit (CLONE_CHILD_CLEARTID)
    bool stale = false; // the child has left; the plan is kept only because nobody has asked for its memory yet
    Plan plan;
    Child child;
    std::vector<char*> strings; // argv, null, env, null
    std::vector<int> sources;
    std::string overlay_options;

    bool in_use() noexcept { return std::atomic_ref(tid).load(std::memory_order_acquire) != 0; }
    void forget() noexcept {
        plan = {};
        strings = {};
        sources = {};
        stale = false;
    }
};

int highest_needed(const Plan& plan, int report_fd, int null_fd) noexcept {
    int highest = report_fd > null_fd ? report_fd : null_fd;
    for (int fd : {plan.stdin_fd, plan.stdout_fd, plan.stderr_fd, plan.terminal_socket})
        if (fd > highest)
            highest = fd;
    for (const PassedFd& passed : plan.passed)
        if (passed.fd > highest)
            highest = passed.fd;
    return highest;
}

void point_at(std::vector<char*>& strings, std::vector<std::string>& texts) {
    for (std::string& text : texts)
        strings.push_back(text.data());
}

// Children keep these two, so they stay low, but out of the way of the standard streams.
Fd above_streams(Fd fd) noexcept {
    return fd.get() > 2 ? std::move(fd) : Fd(fcntl(fd.get(), F_DUPFD_CLOEXEC, 3));
}

bool is_pipe(int fd) noexcept {
    struct stat what {};
    return fd >= 0 && fstat(fd, &what) == 0 && S_ISFIFO(what.st_mode);
}

std::unexpected<Error> failed(Step step) noexcept {
    return std::unexpected(Error{errno, step});
}

} // namespace

struct Launcher::State {
    Fd report_read, report_write, null, home_pid;
    ReportPipe own_pipe;
    ReportPipe* pipe = &own_pipe;
    std::size_t taken = 0;  // reports in it
    bool inherited = false; // from whoever had the pipe before, and not told yet
    Inherited own;
    Stacks stacks;
    std::unique_ptr<Launch> launches[Stacks::count]; // of the child on each stack; made when first needed
    Launch copied;     // of a child with memory of its own: used only until clone3 has returned
    bool away = false; // our children go to another PID namespace, because setns back failed

    bool adopt_pipe() noexcept;
    bool open_pipe() noexcept;
    Launch& pick(const Plan& plan);
    void prepare(Launch& launch, Plan&& plan, std::uint64_t cookie);
    std::expected<pid_t, Error> clone(Launch& launch, clone_args& args) noexcept;
    std::expected<void, Error> go_home() noexcept;
};

Launcher::Launcher(std::unique_ptr<State> state) noexcept
    : state_(std::move(state)) {}
Launcher::Launcher(Launcher&&) noexcept = default;
Launcher& Launcher::operator=(Launcher&&) noexcept = default;

// A child that is still on its way keeps the memory it stands on, for as long as this process lives.
Launcher::~Launcher() {
    if (!state_)
        return;
    for (auto& launch : state_->launches)
        if (launch && launch->in_use()) {
            (void)state_.release();
            return;
        }
}

Fd raise(Fd fd) noexcept {
    if (!fd || fd.get() >= high_fd)
        return fd;
    const int raised = fcntl(fd.get(), F_DUPFD_CLOEXEC, high_fd);
    return raised < 0 ? std::move(fd) : Fd(raised);
}

Fd keep(Fd fd) noexcept {
    return fd ? Fd(fcntl(fd.get(), F_DUPFD, high_fd)) : Fd();
}

// Whoever was there before may have been stopped anywhere: in another PID namespace for its children, for instance.
bool Launcher::State::adopt_pipe() noexcept {
    if (!is_pipe(pipe->read_end) || !is_pipe(pipe->write_end))
        return false;
    report_read.reset(pipe->read_end);
    report_write.reset(pipe->write_end);
    away = true;
    for (std::size_t i = 0; i < std::size(pipe->taken); ++i)
        if (pipe->taken[i].cookie != 0)
            taken = i + 1;
    inherited = taken > 0;
    return true;
}

bool Launcher::State::open_pipe() noexcept {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return false;
    report_read = keep(Fd(ends[0]));
    report_write = above_streams(Fd(ends[1]));
    if (!report_read || !report_write || fcntl(report_write.get(), F_SETFD, 0) < 0 ||
        fcntl(report_read.get(), F_SETFL, O_NONBLOCK) < 0)
        return false;
    pipe->read_end = report_read.get();
    pipe->write_end = report_write.get();
    return true;
}

std::expected<Launcher, Error> Launcher::open(ReportPipe* pipe) noexcept {
    try {
        auto state = std::make_unique<State>();
        if (pipe)
            state->pipe = pipe;
        // As many descriptors as all of our children have streams, and what a container is given by default: one that
        // inherits its limit needs no call to set it.
        const rlimit files{Plan{}.open_files, Plan{}.open_files};
        setrlimit(RLIMIT_NOFILE, &files);
        state->own = read_inherited();
        // A table that children share grows only after an RCU grace period (fs/file.c, expand_fdtable), for which the
        // caller waits: ours is made large before there is one.
        Fd(fcntl(0, F_DUPFD_CLOEXEC, large_table - 1));
        // Linux 5.9: what makes a launch independent of the number of our descriptors.
        if (syscall(SYS_close_range, ~0u, ~0u, CLOSE_RANGE_UNSHARE) < 0)
            return failed(Step::Open);
        if (!state->adopt_pipe() && !state->open_pipe())
            return failed(Step::Pipe);
        // Missing ones fail the launches that need them.
        state->null = above_streams(Fd(::open("/dev/null", O_RDWR | O_CLOEXEC)));
        state->home_pid = raise(Fd(::open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC)));
        if (!state->stacks.map())
            return failed(Step::Clone);
        // A child in set-up has our memory. Nobody in a PID namespace that it joins may trace it or read that memory
        // through /proc, and a signal that dumps core must not take the other users of the memory, us, with it
        // (Linux before 5.16). exec makes the program dumpable again.
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
        return Launcher(std::move(state));
    } catch (const std::bad_alloc&) {
        return std::unexpected(Error{ENOMEM, Step::Clone});
    }
}

void Launcher::State::prepare(Launch& launch, Plan&& plan, std::uint64_t cookie) {
    launch.plan = std::move(plan);
    launch.stale = true;
    launch.strings.clear();
    launch.strings.reserve(launch.plan.argv.size() + launch.plan.env.size() + launch.plan.pid_env.size() + 2);
    point_at(launch.strings, launch.plan.argv);
    launch.strings.push_back(nullptr);
    for (std::string& name : launch.plan.pid_env)
        name.append("=").append(pid_room, '\0');
    point_at(launch.strings, launch.plan.pid_env);
    point_at(launch.strings, launch.plan.env);
    launch.strings.push_back(nullptr);
    launch.sources.resize(launch.plan.sources.size());
    launch.overlay_options.clear();
    if (launch.plan.root_overlay) {
        launch.overlay_options = "mode=0755";
        if (!launch.plan.overlay_size.empty())
            launch.overlay_options.append(",size=").append(launch.plan.overlay_size);
    }
    const int needed = highest_needed(launch.plan, report_write.get(), null.get());
    launch.child = {
        .plan = &launch.plan,
        .own = &own,
        .argv = launch.strings.data(),
        .env = launch.strings.data() + launch.plan.argv.size() + 1,
        .sources = launch.sources.data(),
        .overlay_options = launch.overlay_options.c_str(),
        .cookie = cookie,
        .report_fd = report_write.get(),
        .null_fd = null.get(),
        .first_closable = needed >= high_fd ? needed + 1 : high_fd,
    };
}

std::expected<void, Error> Launcher::State::go_home() noexcept {
    if (away && setns(home_pid.get(), CLONE_NEWPID) < 0)
        return failed(Step::ReturnHome);
    away = false;
    return {};
}

// Only children are in the PID namespace that setns(2) joins, so it is joined for the length of one clone3.
std::expected<pid_t, Error> Launcher::State::clone(Launch& launch, clone_args& args) noexcept {
    if (auto home = go_home(); !home)
        return std::unexpected(home.error());
    if (launch.plan.join_pid >= 0) {
        if (!home_pid) // there would be no way back
            return std::unexpected(Error{ENOSYS, Step::JoinPid});
        if (setns(launch.plan.join_pid, CLONE_NEWPID) < 0)
            return failed(Step::JoinPid);
        away = true;
    }
    const long result = raw::clone3(args, run_child, &launch.child);
    (void)go_home(); // when that fails the next launch tries again before anything else
    if (result < 0)
        return std::unexpected(Error{static_cast<int>(-result), Step::Clone});
    return static_cast<pid_t>(result);
}

// Three plans for the child's memory. Ours, on a free stack: the rule. A copy when every stack is taken, which the
// burst of a boot can do: slower, but nobody has to wait. A copy when the plan sets oom_score_adj: the kernel keeps one
// value for all processes that share memory (__set_oom_adj), so the child would set ours.
Launch& Launcher::State::pick(const Plan& plan) {
    if (!may_share_memory || plan.oom_score_adj != 0)
        return copied;
    for (std::size_t i = 0; i < Stacks::count; ++i) {
        if (launches[i] && launches[i]->in_use())
            continue;
        if (!stacks.ready(i))
            break;
        if (!launches[i]) {
            launches[i] = std::make_unique<Launch>();
            launches[i]->stack = stacks.base(i);
        }
        return *launches[i];
    }
    return copied;
}

std::expected<pid_t, Error> Launcher::launch(Plan&& plan, std::uint64_t cookie, std::int32_t* born) noexcept {
    Launch* launch = nullptr;
    try {
        launch = &state_->pick(plan);
        state_->prepare(*launch, std::move(plan), cookie);
    } catch (const std::bad_alloc&) {
        return std::unexpected(Error{ENOMEM, Step::Clone});
    }
    clone_args args{};
    args.flags = CLONE_FILES | CLONE_CLEAR_SIGHAND;
    args.exit_signal = SIGCHLD;
    if (born) {
        args.flags |= CLONE_PARENT_SETTID;
        args.parent_tid = reinterpret_cast<std::uintptr_t>(born);
    }
    if (launch->plan.create_pid)
        args.flags |= CLONE_NEWPID;
    if (launch->plan.cgroup >= 0) {
        args.flags |= CLONE_INTO_CGROUP;
        args.cgroup = static_cast<std::uint64_t>(launch->plan.cgroup);
    }
    if (launch->stack == 0) {
        auto pid = state_->clone(*launch, args);
        launch->forget();
        return pid;
    }
    args.flags |= CLONE_VM | CLONE_CHILD_CLEARTID;
    args.child_tid = reinterpret_cast<std::uintptr_t>(&launch->tid);
    args.stack = launch->stack;
    args.stack_size = Stacks::size;
    launch->tid = 1;
    auto pid = state_->clone(*launch, args);
    if (!pid)
        launch->tid = 0;
    return pid;
}

int Launcher::report_fd() const noexcept {
    return state_->report_read.get();
}

std::span<const Report> Launcher::take_reports() noexcept {
    auto& reports = state_->pipe->taken;
    if (!std::exchange(state_->inherited, false)) {
        for (std::size_t i = 0; i < state_->taken; ++i)
            reports[i].cookie = 0;
        const ssize_t got = read(state_->report_read.get(), reports, sizeof reports);
        state_->taken = got > 0 ? static_cast<std::size_t>(got) / sizeof(Report) : 0;
    }
    return {reports, state_->taken};
}

void Launcher::trim() noexcept {
    for (std::size_t i = 0; i < Stacks::count; ++i)
        if (auto& launch = state_->launches[i]; launch && launch->stale && !launch->in_use()) {
            launch->forget();
            state_->stacks.give_back(i);
        }
}

} // namespace ns
