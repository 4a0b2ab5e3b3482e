// SPDX-License-Identifier: Apache-2.0
#include "initd/cgroups.hpp"

#include "initd/files.hpp"
#include "initd/log.hpp"
#include "ns/launcher.hpp"

#include <algorithm>
#include <cerrno>
#include <string_view>

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

namespace initd {

namespace {

constexpr Millis patience{10'000};

ns::Fd open_in(int directory, const std::string& name, int flags) noexcept {
    return ns::Fd(::openat(directory, name.c_str(), flags | O_CLOEXEC | O_NOFOLLOW));
}

void kill_all(int directory, const std::string& cgroup) noexcept {
    const ns::Fd kill = open_in(directory, cgroup + "/cgroup.kill", O_WRONLY);
    if (::write(kill.get(), "1", 1) < 0 && errno != EBADF)
        log(Level::Warning, {"cgroup.kill: ", ns::to_text({errno, ns::Step::Open})});
}

// Reading also says that what is there now is no news any more.
bool is_empty(int state) noexcept {
    char text[64];
    const ssize_t n = ::pread(state, text, sizeof text, 0);
    return n <= 0 || std::string_view(text, static_cast<std::size_t>(n)).find("populated 1") == std::string_view::npos;
}

bool had_oom_kill(const std::string& path) noexcept {
    const std::string text = read_kernel_file((path + "/memory.events").c_str());
    const std::size_t at = text.find("oom_kill ");
    return at != text.npos && text[at + 9] != '0';
}

} // namespace

Cgroups::~Cgroups() {
    if (top_)
        ::rmdir(path_.c_str());
}

void Cgroups::open(const std::string& run_dir, bool resumed) noexcept try {
    for (const char* root : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) { // the second beside cgroup v1
        struct statfs fs {};
        if (::statfs(root, &fs) != 0 || fs.f_type != CGROUP2_SUPER_MAGIC)
            continue;
        std::string name = "/podinit" + run_dir;
        std::replace(name.begin() + 1, name.end(), '/', '-');
        path_ = root + name;
        if (open_top() && !resumed)
            kill_all(top_.get(), ".");
        return;
    }
    log(Level::Notice, {"no cgroup v2: what leaves the session of a container with hostPID outlives it unnoticed"});
} catch (...) { // out of memory: without cgroups, then
}

bool Cgroups::open_top() noexcept {
    top_ = ns::raise(open_in(AT_FDCWD, path_, O_RDONLY | O_DIRECTORY));
    if (top_ && ::faccessat(top_.get(), "cgroup.kill", W_OK, 0) != 0) { // before Linux 5.14
        top_.reset();
        path_.clear();
    }
    return static_cast<bool>(top_);
}

bool Cgroups::make_top() noexcept {
    if (path_.empty() || (::mkdir(path_.c_str(), 0755) != 0 && errno != EEXIST) || !open_top()) {
        path_.clear();
        return false;
    }
    if (counts_)
        count_memory();
    return true;
}

void Cgroups::count_memory() noexcept try {
    counts_ = true;
    if (!top_)
        return;
    const ns::Fd below = open_in(top_.get(), "cgroup.subtree_control", O_WRONLY);
    [[maybe_unused]] const ssize_t counted = ::write(below.get(), "+memory", 7);
} catch (...) { // out of memory: it is not told, then
}

ns::Fd Cgroups::enter(RunId run) noexcept try {
    if (!top_ && !make_top())
        return {};
    const std::string name = std::to_string(run.cookie());
    if (::mkdirat(top_.get(), name.c_str(), 0755) != 0 && errno != EEXIST)
        return {};
    return open_in(top_.get(), name, O_RDONLY | O_DIRECTORY);
} catch (...) { // out of memory
    return {};
}

bool Cgroups::clear(Event& exited, Millis now) noexcept try {
    if (!top_)
        return true;
    const std::string name = std::to_string(exited.run.cookie());
    ns::Fd state = open_in(top_.get(), name + "/cgroup.events", O_RDONLY);
    if (!state)
        return true;
    exited.exit.oom_killed = had_oom_kill(path_ + "/" + name);
    clearing_.reserve(clearing_.size() + 1);
    if (!is_empty(state.get())) {
        state = ns::raise(std::move(state));
        kill_all(top_.get(), name);
        if (poller_.add(state.get(), Source::Cgroup, next_id_, EPOLLPRI)) {
            clearing_.push_back({next_id_++, exited, std::move(state), now + patience});
            return false;
        }
    }
    ::unlinkat(top_.get(), name.c_str(), AT_REMOVEDIR);
    return true;
} catch (...) { // out of memory: its processes have been killed, or are nobody's
    return true;
}

void Cgroups::on_ready(std::uint32_t id, std::vector<Event>& events) noexcept {
    const auto at = std::ranges::find(clearing_, id, &Clearing::id) - clearing_.begin();
    const auto index = static_cast<std::size_t>(at);
    if (index < clearing_.size() && is_empty(clearing_[index].state.get()))
        done(index, events);
}

void Cgroups::done(std::size_t at, std::vector<Event>& events) noexcept {
    Clearing& over = clearing_[at];
    poller_.remove(over.state.get());
    events.push_back(over.exited);
    try {
        ::unlinkat(top_.get(), std::to_string(over.exited.run.cookie()).c_str(), AT_REMOVEDIR);
    } catch (...) { // out of memory: an empty directory stays
    }
    if (at + 1 != clearing_.size())
        over = std::move(clearing_.back());
    clearing_.pop_back();
}

Millis Cgroups::next_deadline() const noexcept {
    Millis next = never;
    for (const Clearing& clearing : clearing_)
        next = sooner(next, clearing.until);
    return next;
}

void Cgroups::tick(Millis now, bool give_up, std::vector<Event>& events) noexcept {
    for (std::size_t i = clearing_.size(); i-- > 0;) {
        if (!is_due(clearing_[i].until, now))
            continue;
        log(Level::Warning, {path_, ": a container's processes have not ended 10 s after SIGKILL"});
        clearing_[i].until = give_up ? never : now + patience;
        if (give_up)
            done(i, events);
    }
}

} // namespace initd
