// SPDX-License-Identifier: Apache-2.0
// Work that PID 1 must not wait for, done by helpers (roles.hpp): started, and told of when it is over.
#pragma once

#include "initd/children.hpp"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

namespace initd {

struct JobResult {
    std::uint32_t id = 0;
    std::string failure; // what the helper said on standard error; empty: it was done
    std::string said;    // the same of one that was done
};

class Jobs {
  public:
    explicit Jobs(Children& children) noexcept
        : children_(children) {}

    // Jobs of a podinit before us are nobody's: they end as they may, and their ids are not given again.
    void restore() noexcept { next_id_ = static_cast<std::uint32_t>(children_.last_id(ChildId::Kind::Job)) + 1; }

    // The job's id. `content` becomes standard input.
    std::expected<std::uint32_t, ns::Error> start(ns::Plan&& plan, ns::Fd content = {});

    // Kills it; its result comes all the same.
    void stop(std::uint32_t id) noexcept;

    // The launch of a job failed: its result.
    std::optional<JobResult> launch_failed(std::uint64_t id, const ns::Error& error);
    // A job's process has ended: its result.
    std::optional<JobResult> ended(std::uint64_t id, std::int32_t code);

  private:
    struct Job {
        std::uint32_t id;
        ns::Fd complaints; // read end of its standard error
        pid_t pid = -1;
    };
    std::optional<Job> take(std::uint64_t id) noexcept;

    Children& children_;
    std::vector<Job> jobs_;
    std::uint32_t next_id_ = 1;
};

} // namespace initd
