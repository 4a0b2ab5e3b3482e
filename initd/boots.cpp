// SPDX-License-Identifier: Apache-2.0
#include "initd/boots.hpp"

#include "initd/files.hpp"
#include "initd/log.hpp"
#include "initd/roles.hpp"

#include <charconv>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace initd {

namespace {

constexpr Millis calm{5'000};
constexpr const char* count_file = "failed-boots";

// What cannot be read or is no number counts for nothing: better a boot too many than a fallback without a reason.
std::int32_t read_count(const std::string& state_dir) {
    const auto text = read_file(state_dir + "/" + count_file, 64);
    std::int32_t count = 0;
    if (text)
        std::from_chars(text->data(), text->data() + text->size(), count);
    return count;
}

bool is_there(const std::string& path) {
    return !path.empty() && ::access(path.c_str(), F_OK) == 0;
}

} // namespace

Reserve choose_reserve(const spec::Config& config, const std::string& state_dir, const std::string& run_dir,
                       bool emergency, bool resumed) noexcept try {
    const std::string& fallback = config.fallback_manifest_dir;
    const std::string note = run_dir + "/fallback";
    if (emergency)
        return {config.emergency_manifest_dir, Reserve::Why::Asked};
    const bool too_many = config.max_failed_boots > 0 && read_count(state_dir) >= config.max_failed_boots;
    if (resumed ? is_there(note) : too_many && is_there(fallback)) {
        ns::Fd(::open(note.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
        return {fallback, Reserve::Why::Boots};
    }
    return is_there(config.emergency_manifest_dir) ? Reserve{config.emergency_manifest_dir, Reserve::Why::Nothing}
                                                   : Reserve{};
} catch (...) {
    return {};
}

std::string Boots::text() const {
    std::string text;
    switch (reserve_.why) {
    case Reserve::Why::None:
    case Reserve::Why::Nothing: return text;
    case Reserve::Why::Boots:
        text = "only the fallback manifests of " + reserve_.directory +
               " and what is applied from now on are used: " + std::to_string(max_) + " boots in a row have failed";
        break;
    case Reserve::Why::Asked:
        return "only the emergency manifests of " + reserve_.directory +
               " and what is applied from now on are used: podinit.emergency";
    }
    return confirmed_ ? text + "; confirmed: the next boot uses all"
                      : text + "; \"podctl node confirm\" has the next boot use all";
}

void Boots::tell() const noexcept try {
    const std::string what = text();
    if (what.empty())
        return;
    log(Level::Error, {what});
    recorder_.tell_node(Severity::Warning, "FallbackManifests", {what});
} catch (...) { // out of memory
}

void Boots::begin(Millis deadline, bool resumed) noexcept {
    if (max_ == 0 || reserve_.in_force())
        return;
    before_ = read_count(state_dir_);
    deadline_ = deadline;
    if (resumed)
        before_ -= before_ > 0; // this one is among them
    else
        write(before_ + 1);
}

void Boots::look(std::string_view unwell, Millis well_since, Millis now) noexcept {
    calm_at_ = unwell.empty() ? well_since + calm : never;
    if (!is_due(next_deadline(), now))
        return;
    if (unwell.empty())
        write(0);
    else
        failed(unwell);
    deadline_ = calm_at_ = never;
}

void Boots::failed(std::string_view unwell) noexcept try {
    const std::string count = std::to_string(before_ + 1);
    log(Level::Error, {"this boot has failed, ", count, " in a row: not ready in time: ", unwell});
    recorder_.tell_node(Severity::Warning, "BootFailed", {count, " in a row: not ready in time: ", unwell});
} catch (...) { // out of memory
}

void Boots::going_down() noexcept {
    if (counts())
        write(before_);
    deadline_ = calm_at_ = never;
}

bool Boots::confirm() {
    if (reserve_.why != Reserve::Why::Boots || confirmed_)
        return false;
    confirmed_ = true;
    write(0);
    return true;
}

// One helper after the other: what was wanted last is there in the end.
void Boots::write(std::int32_t count) noexcept {
    count_ = count;
    if (job_ == 0)
        start_writing();
}

void Boots::start_writing() noexcept try {
    FileChanges change{.directory = state_dir_, .files = {}, .removed = {}};
    const std::string text = std::to_string(count_);
    written_ = count_;
    if (count_ == 0)
        change.removed.push_back(state_dir_ + "/" + count_file);
    else
        change.files.push_back({count_file, text.size()});
    auto content = memory_file(text);
    auto job = content ? jobs_.start(store_plan(change, content->get()), std::move(*content))
                       : std::unexpected(content.error());
    if (job)
        job_ = *job;
    else
        log(Level::Error, {"boots are not counted: ", ns::to_text(job.error())});
} catch (...) {
    log(Level::Error, {"boots are not counted: out of memory"});
}

bool Boots::on_job(const JobResult& result) noexcept {
    if (job_ == 0 || result.id != job_)
        return false;
    job_ = 0;
    if (!result.failure.empty())
        log(Level::Error, {"boots are not counted: ", result.failure});
    if (count_ != written_)
        start_writing();
    return true;
}

} // namespace initd
