// SPDX-License-Identifier: Apache-2.0
#include "initd/poller.hpp"

#include "ns/launcher.hpp"

#include <cerrno>
#include <utility>

namespace initd {
namespace {

epoll_event event_for(Source source, std::uint32_t id, std::uint32_t events) noexcept {
    epoll_event event{};
    event.events = events;
    event.data.u64 = std::uint64_t{static_cast<std::uint8_t>(source)} << 32 | id;
    return event;
}

Ready to_ready(const epoll_event& event) noexcept {
    return {static_cast<Source>(event.data.u64 >> 32), static_cast<std::uint32_t>(event.data.u64), event.events};
}

} // namespace

std::expected<Poller, ns::Error> Poller::open() noexcept {
    ns::Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
    if (!epoll)
        return std::unexpected(ns::Error{errno, ns::Step::Open});
    Poller poller;
    poller.epoll_ = ns::raise(std::move(epoll));
    return poller;
}

std::expected<void, ns::Error> Poller::add(int fd, Source source, std::uint32_t id, std::uint32_t events) noexcept {
    epoll_event event = event_for(source, id, events);
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0)
        return std::unexpected(ns::Error{errno, ns::Step::Open});
    return {};
}

void Poller::modify(int fd, Source source, std::uint32_t id, std::uint32_t events) noexcept {
    epoll_event event = event_for(source, id, events);
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void Poller::remove(int fd) noexcept {
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

std::span<const Ready> Poller::wait(int timeout_ms) noexcept {
    epoll_event events[batch];
    const int count = ::epoll_wait(epoll_.get(), events, batch, timeout_ms);
    // An insertion sort: a batch is short, and those of one source keep the kernel's order, which is a fair one.
    std::size_t sorted = 0;
    for (int i = 0; i < count; ++i, ++sorted) {
        const Ready ready = to_ready(events[i]);
        std::size_t at = sorted;
        for (; at > 0 && ready_[at - 1].source > ready.source; --at)
            ready_[at] = ready_[at - 1];
        ready_[at] = ready;
    }
    return {ready_, sorted};
}

} // namespace initd
