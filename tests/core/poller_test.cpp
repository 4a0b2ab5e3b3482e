// SPDX-License-Identifier: Apache-2.0
#include "initd/poller.hpp"
#include "tests/catch.hpp"

#include <algorithm>
#include <cerrno>
#include <sys/eventfd.h>
#include <utility>
#include <vector>

using namespace initd;

namespace {

ns::Fd ready_fd() {
    return ns::Fd(::eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
}

std::vector<std::pair<Source, std::uint32_t>> names(std::span<const Ready> batch) {
    std::vector<std::pair<Source, std::uint32_t>> result;
    for (const Ready& ready : batch)
        result.emplace_back(ready.source, ready.id);
    return result;
}

} // namespace

TEST_CASE("what is ready is told by name, in the order of the sources") {
    auto poller = Poller::open();
    REQUIRE(poller);
    CHECK(poller->wait(0).empty());
    const ns::Fd client = ready_fd(), timer = ready_fd(), report = ready_fd(), other = ready_fd();
    REQUIRE(poller->add(client.get(), Source::Client, 0xffffffff, EPOLLIN));
    REQUIRE(poller->add(timer.get(), Source::Timer, 0, EPOLLIN));
    REQUIRE(poller->add(other.get(), Source::LogPipe, 7, EPOLLIN));
    REQUIRE(poller->add(report.get(), Source::Reports, 3, EPOLLIN));
    const std::vector<std::pair<Source, std::uint32_t>> expected{
        {Source::Reports, 3}, {Source::Timer, 0}, {Source::LogPipe, 7}, {Source::Client, 0xffffffff}};
    const auto batch = poller->wait(-1);
    CHECK(names(batch) == expected);
    CHECK(batch[0].events == EPOLLIN);
}

TEST_CASE("a descriptor is told of as long as it is watched, a one-shot one until it is armed again") {
    auto poller = Poller::open();
    REQUIRE(poller);
    const ns::Fd fd = ready_fd();
    REQUIRE(poller->add(fd.get(), Source::LogPipe, 1, EPOLLIN | EPOLLONESHOT));
    CHECK(poller->wait(0).size() == 1);
    CHECK(poller->wait(0).empty());
    poller->modify(fd.get(), Source::LogPipe, 2, EPOLLIN);
    CHECK(names(poller->wait(0)) == std::vector<std::pair<Source, std::uint32_t>>{{Source::LogPipe, 2}});
    poller->remove(fd.get());
    CHECK(poller->wait(0).empty());
}

TEST_CASE("more than one batch of descriptors is told of bit by bit, none forgotten") {
    auto poller = Poller::open();
    REQUIRE(poller);
    std::vector<ns::Fd> fds;
    std::vector<int> told(100, 0);
    for (std::uint32_t id = 0; id < told.size(); ++id) {
        fds.push_back(ready_fd());
        REQUIRE(poller->add(fds.back().get(), Source::Client, id, EPOLLIN));
    }
    for (int round = 0; round < 4; ++round)
        for (const Ready& ready : poller->wait(0))
            ++told[ready.id];
    CHECK(std::ranges::find(told, 0) == told.end());
}

TEST_CASE("a descriptor that cannot be watched is an error that says so") {
    auto poller = Poller::open();
    REQUIRE(poller);
    const auto added = poller->add(-1, Source::Client, 0, EPOLLIN);
    REQUIRE_FALSE(added);
    CHECK(added.error().err == EBADF);
}
