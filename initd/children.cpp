// SPDX-License-Identifier: Apache-2.0
#include "initd/children.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <sys/wait.h>

namespace initd {

namespace {

constexpr std::int32_t lost = 137; // its code is not known: what the kubelet says of such a container

template <class T>
void make_room(std::vector<T>& list) {
    if (list.size() == list.capacity())
        list.reserve(2 * list.size() + 8);
}

// What a child has come to, without reaping it; si_pid 0: it lives. False: it is no child of ours.
bool look_at(pid_t pid, siginfo_t& info) noexcept {
    info = {};
    return waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

void reap_one(pid_t pid) noexcept {
    siginfo_t info{};
    waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG);
}

std::uint32_t record_of(std::uint64_t serial) noexcept {
    return static_cast<std::uint32_t>(serial);
}

} // namespace

void Children::keep(const ChildRecord& child) noexcept {
    state_.keep(RecordKind::Child, record_of(child.serial), child);
}

// The birth is noted first, and given up only when there is a record.
std::expected<pid_t, ns::Error> Children::launch(ns::Plan&& plan, ChildId who, std::vector<ns::Fd> held) {
    // Room first: once the child exists, nothing may fail.
    make_room(children_);
    make_room(under_way_);
    Birth& birth = state_.control().birth;
    birth.pid = 0;
    birth.kind = static_cast<std::uint32_t>(who.kind);
    birth.id = who.id;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    birth.serial = next_serial_;
    auto pid = launcher_.launch(std::move(plan), next_serial_, &birth.pid);
    if (pid) {
        children_.push_back({.serial = next_serial_, .who = who, .pid = *pid});
        keep(children_.back());
        under_way_.push_back({next_serial_, std::move(held)});
        ++next_serial_;
    }
    std::atomic_signal_fence(std::memory_order_seq_cst);
    birth.serial = 0;
    return pid;
}

bool Children::take_reports(std::vector<LaunchReport>& out) {
    const auto reports = launcher_.take_reports();
    for (const ns::Report& report : reports) {
        auto child = std::find_if(children_.begin(), children_.end(),
                                  [&](const ChildRecord& c) { return c.serial == report.cookie; });
        if (child != children_.end())
            out.push_back({child->who, child->pid, {report.err, report.step}});
        std::erase_if(under_way_, [&](const UnderWay& u) { return u.serial == report.cookie; });
    }
    return !reports.empty();
}

// A pid that has been reaped may be somebody else's.
ChildRecord* Children::find(pid_t pid) noexcept {
    auto child = std::find_if(children_.begin(), children_.end(),
                              [&](const ChildRecord& c) { return c.pid == pid && !c.ended; });
    return child == children_.end() ? nullptr : &*child;
}

const ChildRecord* Children::find(ChildId who) const noexcept {
    auto child =
        std::find_if(children_.begin(), children_.end(), [&](const ChildRecord& c) { return c.who == who && !c.told; });
    return child == children_.end() ? nullptr : &*child;
}

bool Children::reap(std::vector<ChildExit>& out, std::size_t limit) {
    const auto tell = [&](ChildRecord& child) {
        out.push_back({child.who, child.pid, child.code});
        child.told = true;
    };
    if (untold_)
        for (ChildRecord& child : children_)
            if (child.ended && !child.told)
                tell(child);
    untold_ = false;
    for (; limit > 0; --limit) {
        siginfo_t info{};
        if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0)
            return false;
        if (ChildRecord* child = find(info.si_pid)) {
            child->ended = true;
            child->code = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
            keep(*child);
            ::kill(-info.si_pid, SIGKILL);
            tell(*child);
            std::erase_if(under_way_, [&](const UnderWay& u) { return u.serial == child->serial; });
        }
        reap_one(info.si_pid);
    }
    return true;
}

void Children::forget_told() noexcept {
    for (std::size_t i = children_.size(); i-- > 0;)
        if (children_[i].told) {
            state_.drop(RecordKind::Child, record_of(children_[i].serial));
            children_[i] = children_.back();
            children_.pop_back();
        }
}

std::uint64_t Children::last_id(ChildId::Kind kind) const noexcept {
    std::uint64_t last = 0;
    for (const ChildRecord& child : children_)
        if (child.who.kind == kind)
            last = std::max(last, child.who.id);
    return last;
}

void Children::signal(pid_t pid, int signo) noexcept {
    if (pid <= 0 || !find(pid))
        return;
    ::kill(pid, signo);
    if (signo == SIGKILL)
        ::kill(-pid, signo);
}

void Children::restore() {
    for (const std::uint32_t id : state_.ids(RecordKind::Child))
        if (ChildRecord record; state_.recall(RecordKind::Child, id, record))
            add(record);
    Birth& birth = state_.control().birth;
    const auto known = [&](const ChildRecord& child) { return child.serial == birth.serial; };
    if (birth.serial != 0 && birth.pid > 0 && birth.kind <= static_cast<std::uint32_t>(ChildId::Kind::Rescue) &&
        std::none_of(children_.begin(), children_.end(), known))
        add({.serial = birth.serial, .who = {static_cast<ChildId::Kind>(birth.kind), birth.id}, .pid = birth.pid});
    next_serial_ = std::max(next_serial_, birth.serial + 1);
    birth.serial = 0;
    state_.control().ended_count = 0; // from now on these pids may be others'
    // One whose end was noted may not have been reaped. When its pid is another child's by now, it has been.
    for (const ChildRecord& child : children_)
        if (siginfo_t info; child.ended && !find(child.pid) && look_at(child.pid, info) && info.si_pid != 0) {
            ::kill(-child.pid, SIGKILL);
            reap_one(child.pid);
        }
}

bool Children::adopt(ChildId who, pid_t pid) {
    if (siginfo_t info; pid <= 0 || find(pid) || !look_at(pid, info))
        return false;
    add({.serial = next_serial_, .who = who, .pid = pid});
    return true;
}

// It has ended when the last resort has reaped it, or when it is no child of ours: we would have reaped it, and noted
// that before.
void Children::add(ChildRecord record) {
    const Ended* noted = find_ended(state_.control(), record.pid);
    if (siginfo_t info; !record.ended && (noted || record.pid <= 0 || !look_at(record.pid, info))) {
        record.ended = true;
        record.code = noted ? noted->code : lost;
    }
    untold_ = untold_ || record.ended;
    children_.push_back(record);
    keep(record);
    next_serial_ = std::max(next_serial_, record.serial + 1);
}

} // namespace initd
