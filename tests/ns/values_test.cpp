// SPDX-License-Identifier: Apache-2.0
#include "ns/error.hpp"
#include "ns/fd.hpp"
#include "tests/ns/harness.hpp"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

using namespace ns;
using namespace ns::test;

TEST_CASE("moving into a descriptor closes the one that it held") {
    Fd one(dup(0)), two(dup(0));
    const int first = one.get(), second = two.get();
    one = std::move(two);
    CHECK(fcntl(first, F_GETFD) == -1);
    CHECK(one.get() == second);
    CHECK_FALSE(two);
    Fd& same = one;
    one = std::move(same);
    CHECK(fcntl(second, F_GETFD) >= 0);
    one.reset();
    CHECK(fcntl(second, F_GETFD) == -1);
}

TEST_CASE("a raised descriptor is above the low ones, closes on exec and leaves none behind") {
    const auto before = open_descriptors();
    {
        const Fd high = raise(Fd(dup(0)));
        CHECK(high.get() >= high_fd);
        CHECK(fcntl(high.get(), F_GETFD) == FD_CLOEXEC);
        CHECK(open_descriptors().size() == before.size() + 1);
    }
    CHECK(open_descriptors() == before);
    CHECK_FALSE(raise(Fd()));
}

TEST_CASE("an error reads as what was being done and why it failed") {
    CHECK(to_text(Error{ENOENT, Step::Mount}) == "mounting: No such file or directory (ENOENT)");
    CHECK(to_text(Error{123456, Step::Clone}) == "making the process: unknown error (E?)");
    CHECK(to_text(Error{EINVAL, Step::MakeNetwork}) ==
          "making a network namespace: Invalid argument (EINVAL): the kernel may lack network namespaces "
          "(CONFIG_NET_NS)");
    CHECK(to_text(Error{ENOSYS, Step::Clone}).ends_with("PID namespaces (CONFIG_PID_NS)"));
    CHECK(to_text(Error{EPERM, Step::MakeNetwork}) == "making a network namespace: Operation not permitted (EPERM)");
    CHECK(to_text(Error{EINVAL, Step::Mount}) == "mounting: Invalid argument (EINVAL)");
    for (int step = 0; step <= static_cast<int>(Step::Pipe); ++step)
        CHECK(std::string(to_text(static_cast<Step>(step))).size() > 5);
}
