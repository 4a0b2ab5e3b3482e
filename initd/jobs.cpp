// SPDX-License-Identifier: Apache-2.0
#include "initd/jobs.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <unistd.h>

namespace initd {

std::expected<std::uint32_t, ns::Error> Jobs::start(ns::Plan&& plan, ns::Fd content) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return std::unexpected(ns::Error{errno, ns::Step::Pipe});
    Job job{next_id_, ns::raise(ns::Fd(ends[0]))};
    std::vector<ns::Fd> held;
    held.emplace_back(ends[1]);
    plan.stderr_fd = held.back().get();
    if (content) {
        held.push_back(std::move(content));
        plan.stdin_fd = held.back().get();
    }
    jobs_.reserve(jobs_.size() + 1);
    auto pid = children_.launch(std::move(plan), {ChildId::Kind::Job, job.id}, std::move(held));
    if (!pid)
        return std::unexpected(pid.error());
    job.pid = *pid;
    jobs_.push_back(std::move(job));
    return next_id_++;
}

void Jobs::stop(std::uint32_t id) noexcept {
    for (const Job& job : jobs_)
        if (job.id == id)
            children_.signal(job.pid, SIGKILL);
}

std::optional<Jobs::Job> Jobs::take(std::uint64_t id) noexcept {
    auto job = std::find_if(jobs_.begin(), jobs_.end(), [&](const Job& j) { return j.id == id; });
    if (job == jobs_.end())
        return std::nullopt;
    Job taken = std::move(*job);
    jobs_.erase(job);
    return taken;
}

std::optional<JobResult> Jobs::launch_failed(std::uint64_t id, const ns::Error& error) {
    if (auto job = take(id))
        return JobResult{job->id, "starting a helper: " + ns::to_text(error), {}};
    return std::nullopt;
}

std::optional<JobResult> Jobs::ended(std::uint64_t id, std::int32_t code) {
    auto job = take(id);
    if (!job)
        return std::nullopt;
    char text[512];
    ssize_t n = read(job->complaints.get(), text, sizeof text);
    std::string said(text, n > 0 ? static_cast<std::size_t>(n) : 0);
    while (!said.empty() && said.back() == '\n')
        said.pop_back();
    if (code == 0)
        return JobResult{job->id, {}, std::move(said)};
    JobResult result{job->id, std::move(said), {}};
    if (result.failure.empty())
        result.failure = "the helper ended with code " + std::to_string(code);
    return result;
}

} // namespace initd
