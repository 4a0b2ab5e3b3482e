// SPDX-License-Identifier: Apache-2.0
#include "ns/child.hpp"

#include "ns/launcher.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>

namespace ns {
namespace {

// Through descriptors of the shared table, opening nothing: a kill until take_streams() would leak it into PID 1.
void join_namespaces(const Child& child) noexcept {
    const Plan& plan = *child.plan;
    if (plan.join_all >= 0)
        must(child, Step::JoinNamespaces,
             raw::call(SYS_setns, plan.join_all,
                       CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP));
    if (plan.join_net >= 0)
        must(child, Step::JoinNamespaces, raw::call(SYS_setns, plan.join_net, CLONE_NEWNET));
    if (plan.join_ipc >= 0)
        must(child, Step::JoinNamespaces, raw::call(SYS_setns, plan.join_ipc, CLONE_NEWIPC));
    if (plan.join_uts >= 0)
        must(child, Step::JoinNamespaces, raw::call(SYS_setns, plan.join_uts, CLONE_NEWUTS));
}

void set_limits(const Child& child) noexcept {
    if (child.plan->open_files == 0 || child.plan->open_files == child.own->open_files)
        return;
    const rlimit64 limit{child.plan->open_files, child.plan->open_files};
    // EPERM: above what this machine allows (fs.nr_open) or what we may raise. Then the inherited limit has to do.
    if (const long result = raw::call(SYS_prlimit64, 0, RLIMIT_NOFILE, &limit, nullptr); result != -EPERM)
        must(child, Step::Limits, result);
}

void adjust_oom_score(const Child& child) noexcept {
    const std::int32_t score = child.plan->oom_score_adj;
    if (score == 0)
        return;
    char text[12];
    char* begin = write_decimal(text + sizeof text,
                                score < 0 ? 0u - static_cast<std::uint32_t>(score) : static_cast<std::uint32_t>(score));
    if (score < 0)
        *--begin = '-';
    const long fd = must(child, Step::Limits, raw::call(SYS_openat, AT_FDCWD, "/proc/self/oom_score_adj", O_WRONLY));
    const long result = raw::call(SYS_write, fd, begin, text + sizeof text - begin);
    if (result != -EACCES) // less than ours needs CAP_SYS_RESOURCE (proc(5)), which PID 1 of a container may lack
        must(child, Step::Limits, result);
    raw::call(SYS_close, fd);
}

// At the end of the room that each has, where the digits are then moved from.
void name_pid(const Child& child) noexcept {
    Plan& plan = *child.plan;
    if (plan.pid_env.empty())
        return;
    const auto pid = static_cast<std::uint32_t>(raw::call(SYS_getpid));
    for (std::string& variable : plan.pid_env) {
        char* end = variable.data() + variable.size() - 1; // the last NUL of the room
        char* to = variable.data() + variable.size() - pid_room;
        for (const char* from = write_decimal(end, pid); from <= end; ++from)
            *to++ = *from;
    }
}

// As root, since an image's working directory often is one that only root may enter (runc does the same); a file system
// that distrusts root may still let the user in.
bool enter_working_directory(const Child& child) noexcept {
    Plan& plan = *child.plan;
    const bool at_root = child.own->at_root && !plan.create_mount && plan.join_all < 0;
    if (plan.working_dir.empty() || plan.working_dir == "/") {
        if (!at_root)
            must(child, Step::WorkingDirectory, raw::call(SYS_chdir, "/"));
        return true;
    }
    long result = raw::call(SYS_chdir, plan.working_dir.c_str());
    if (result == -ENOENT) {
        must(child, Step::WorkingDirectory, make_directories(plan.working_dir.data(), 0755));
        result = raw::call(SYS_chdir, plan.working_dir.c_str());
    }
    if (result == -EACCES)
        return false;
    must(child, Step::WorkingDirectory, result);
    return true;
}

// The mask comes last: a signal that came during set-up then ends the child as it would end the program.
void reset_signals(const Child& child) noexcept {
    struct {
        void (*handler)(int);
        unsigned long flags;
        void (*restorer)();
        std::uint64_t mask;
    } const by_default{};
    for (int number = 1; number <= 64; ++number)
        if (child.own->ignored_signals >> (number - 1) & 1)
            raw::call(SYS_rt_sigaction, number, &by_default, nullptr, sizeof by_default.mask);
    const std::uint64_t none = 0;
    raw::call(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, sizeof none);
}

// As execvp(3) goes through a PATH: what is missing there is looked for in the next place, and EACCES is remembered
// because it says more than ENOENT does.
[[noreturn]] void execute(const Child& child) noexcept {
    report(child, Step::Exec, 0);
    long worst = -ENOENT;
    for (const std::string& program : child.plan->programs) {
        const long result = raw::call(SYS_execve, program.c_str(), child.argv, child.env);
        if (result == -EACCES)
            worst = result;
        else if (result != -ENOENT && result != -ENOTDIR)
            fail(child, Step::Exec, result);
    }
    fail(child, Step::Exec, worst);
}

} // namespace

char* write_decimal(char* end, std::uint32_t value) noexcept {
    do
        *--end = static_cast<char>('0' + value % 10);
    while (value /= 10);
    return end;
}

void report(const Child& child, Step step, long err) noexcept {
    const Report line{child.cookie, step, static_cast<int>(err)};
    raw::call(SYS_write, child.report_fd, &line, sizeof line);
}

void fail(const Child& child, Step step, long result) noexcept {
    report(child, step, -result);
    for (;;)
        raw::call(SYS_exit_group, 127);
}

void run_child(void* argument) noexcept {
    Child& child = *static_cast<Child*>(argument);
    join_namespaces(child);
    take_streams(child);
    name_pid(child);
    adjust_oom_score(child);
    const bool mounts = child.plan->create_mount || child.plan->create_cgroup;
    if (mounts || !child.plan->working_dir.empty())
        raw::call(SYS_umask, 0); // modes are what the plan says
    if (mounts)
        set_up_mounts(child);
    must(child, Step::Session, raw::call(SYS_setsid));
    open_terminal(child);
    set_limits(child);
    const bool entered = enter_working_directory(child);
    take_identity(child);
    if (!entered)
        must(child, Step::WorkingDirectory, raw::call(SYS_chdir, child.plan->working_dir.c_str()));
    if (mounts || !child.plan->working_dir.empty() || child.plan->umask != child.own->umask)
        raw::call(SYS_umask, child.plan->umask);
    reset_signals(child);
    execute(child);
}

} // namespace ns
