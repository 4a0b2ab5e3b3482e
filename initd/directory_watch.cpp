// SPDX-License-Identifier: Apache-2.0
#include "initd/directory_watch.hpp"

#include "ns/launcher.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <sys/inotify.h>
#include <unistd.h>

namespace initd {

namespace {

constexpr Millis pause{100};
constexpr std::uint32_t names = IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE;
constexpr std::uint32_t contents = names | IN_CLOSE_WRITE | IN_ATTRIB;
constexpr std::uint32_t itself = IN_DELETE_SELF | IN_MOVE_SELF;
constexpr int max_links = 40; // as the kernel's MAXSYMLINKS

} // namespace

DirectoryWatch::DirectoryWatch(Poller& poller)
    : poller_(poller)
    , inotify_(ns::raise(ns::Fd(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)))) {
    if (!inotify_ || !poller.add(inotify_.get(), Source::Manifests, 0, EPOLLIN))
        failure_ = errno;
}

// A directory has one number, whoever watches it: their masks are joined.
int DirectoryWatch::add(std::uint32_t id, const std::string& directory, std::string_view name, std::uint32_t mask) {
    if (failure_ != 0)
        return failure_;
    const int wd = inotify_add_watch(inotify_.get(), directory.c_str(), mask | IN_MASK_ADD | IN_ONLYDIR);
    if (wd < 0) // what is not there is watched for further up
        return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? 0 : errno;
    for (Watch& watch : watches_)
        if (watch.wd == wd && watch.id == id && watch.name == name) {
            watch.fresh = true;
            return 0;
        }
    watches_.push_back({wd, id, true, std::string(name)});
    return 0;
}

int DirectoryWatch::follow(std::uint32_t id, std::string path, std::uint32_t last_mask) {
    std::string at = path.starts_with('/') ? "/" : "./";
    for (int links = 0; links < max_links;) {
        path.erase(0, path.find_first_not_of('/'));
        if (path.empty())
            return 0;
        const std::string name = path.substr(0, path.find('/'));
        path.erase(0, name.size());
        const bool last = path.find_first_not_of('/') == path.npos;
        const std::string next = at + name;
        char target[PATH_MAX];
        ssize_t length = readlink(next.c_str(), target, sizeof target);
        if (last || length >= 0 || errno != EINVAL) {
            if (const int failure = add(id, at, name, last ? last_mask : names))
                return failure;
            length = readlink(next.c_str(), target, sizeof target); // it may have come, or changed, meanwhile
        }
        if (length < 0 && errno != EINVAL)
            return 0; // not there
        if (length < 0) {
            at = next + '/';
            continue;
        }
        ++links;
        path.insert(0, target, static_cast<std::size_t>(length));
        if (path.starts_with('/'))
            at = "/";
    }
    return 0; // links in a ring: reading fails too
}

int DirectoryWatch::follow_directory(std::uint32_t id, const std::string& path) {
    const int failure = follow(id, path, names);
    const int of_itself = add(id, path, {}, contents | itself);
    return failure != 0 ? failure : of_itself;
}

int DirectoryWatch::follow_link(std::uint32_t id, const std::string& path) {
    return follow(id, path, contents);
}

void DirectoryWatch::begin(std::uint32_t id) noexcept {
    for (Watch& watch : watches_)
        watch.fresh = watch.fresh && watch.id != id;
}

void DirectoryWatch::end(std::uint32_t id) noexcept {
    for (std::size_t i = 0; i < watches_.size();) {
        const int wd = watches_[i].wd;
        if (watches_[i].fresh || watches_[i].id != id) {
            ++i;
            continue;
        }
        watches_.erase(watches_.begin() + static_cast<std::ptrdiff_t>(i));
        if (std::ranges::find(watches_, wd, &Watch::wd) == watches_.end())
            inotify_rm_watch(inotify_.get(), wd);
    }
}

bool DirectoryWatch::take(Millis now, std::vector<Seen>& seen) {
    alignas(inotify_event) char buffer[4096];
    constexpr std::size_t longest = sizeof(inotify_event) + NAME_MAX + 1;
    const ssize_t n = ::read(inotify_.get(), buffer, sizeof buffer);
    if (n <= 0)
        return true;
    if (static_cast<std::size_t>(n) + longest <= sizeof buffer) { // the queue is empty
        poller_.modify(inotify_.get(), Source::Manifests, 0, 0);
        resume_at_ = now + pause;
    }
    for (const char* at = buffer; at < buffer + n;) {
        const auto* event = reinterpret_cast<const inotify_event*>(at);
        at += sizeof *event + event->len;
        if (event->mask & IN_Q_OVERFLOW)
            return false;
        const std::string_view name = event->len > 0 ? event->name : "";
        for (const Watch& watch : watches_) {
            if (watch.wd != event->wd || (!watch.name.empty() && watch.name != name) || (event->mask & IN_IGNORED))
                continue;
            const std::string_view what = watch.name.empty() ? name : "";
            const auto known = std::ranges::find_if(
                seen, [&](const Seen& before) { return before.id == watch.id && before.name == what; });
            if (known == seen.end())
                seen.push_back({watch.id, event->mask, std::string(what)});
            else
                known->mask |= event->mask;
        }
    }
    return true;
}

void DirectoryWatch::tick(Millis now) noexcept {
    if (!is_due(resume_at_, now))
        return;
    resume_at_ = never;
    poller_.modify(inotify_.get(), Source::Manifests, 0, EPOLLIN);
}

} // namespace initd
