// SPDX-License-Identifier: Apache-2.0
#include "initd/reexec.hpp"

#include "initd/crash/crash.hpp"
#include "initd/log.hpp"
#include "initd/role_mains.hpp"
#include "initd/roles.hpp"

#include <cerrno>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

namespace initd {
namespace {

constexpr Millis patience{5'000};

// Where the running program was started from, also when another file is there by now.
std::string own_path() {
    char path[4096];
    const ssize_t length = ::readlink("/proc/self/exe", path, sizeof path);
    std::string_view found(path, length > 0 ? static_cast<std::size_t>(length) : 0);
    constexpr std::string_view deleted = " (deleted)";
    if (found.ends_with(deleted))
        found.remove_suffix(deleted.size());
    return std::string(found);
}

// Only what nobody but root, or podinit's own user, can have written. "" when it will do.
std::string_view objection(const struct stat& file) noexcept {
    if (!S_ISREG(file.st_mode))
        return "is no file";
    if ((file.st_mode & 0111) == 0)
        return "is not executable";
    if (file.st_uid != 0 && file.st_uid != ::geteuid())
        return "must be owned by root";
    if ((file.st_mode & 022) != 0)
        return "must not be writable by others than its owner";
    return {};
}

// A state file of its own: who tries it may write to it.
ns::Fd copy_of(int state) noexcept {
    struct stat file {};
    ns::Fd copy(::memfd_create("podinit-check", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!copy || ::fstat(state, &file) != 0)
        return {};
    off_t at = 0;
    while (at < file.st_size)
        if (::sendfile(copy.get(), state, &at, static_cast<std::size_t>(file.st_size - at)) <= 0)
            return {};
    ::fcntl(copy.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_SEAL);
    return copy;
}

} // namespace

void Reexec::begin(ClientId client, const spec::Reexec& call, Millis now) {
    if (job_ != 0 || ready_)
        return control_.error(client, spec::refused("another one is under way"));
    client_ = client;
    path_ = call.binary.empty() ? own_path() : call.binary;
    program_ = ns::raise(ns::Fd(::open(path_.c_str(), O_PATH | O_CLOEXEC)));
    struct stat file {};
    if (!program_ || ::fstat(program_.get(), &file) != 0)
        return refuse(::strerrordesc_np(errno));
    if (const std::string_view why = objection(file); !why.empty())
        return refuse(why);
    ns::Fd copy = copy_of(state_.fd());
    if (!copy)
        return refuse("the state cannot be handed over");
    auto job = jobs_.start(check_plan(program_.get()), std::move(copy));
    if (!job)
        return refuse(ns::to_text(job.error()));
    job_ = *job;
    deadline_ = now + patience;
}

void Reexec::refuse(std::string_view why) {
    control_.error(client_, spec::refused(path_ + ": " + std::string(why)));
    program_.reset();
    job_ = 0;
    deadline_ = never;
}

void Reexec::on_job(const JobResult& result) {
    if (job_ == 0 || result.id != job_)
        return;
    const std::string_view said = result.failure;
    if (!said.starts_with(check_passed))
        return refuse(said.empty() ? "is no podinit" : said);
    job_ = 0;
    deadline_ = never;
    ready_ = true;
    control_.reply(client_, spec::Reexecuted{std::string(said.substr(check_passed.size()))});
}

void Reexec::tick(Millis now) {
    if (!is_due(deadline_, now))
        return;
    jobs_.stop(job_);
    refuse("does not say within 5 s that it could go on");
}

void Reexec::execute() noexcept {
    ready_ = false;
    log(Level::Notice, {"executing ", path_});
    crash::become(program_.get());
    log(Level::Error, {path_, ": cannot be executed: ", ::strerrordesc_np(errno)});
    program_.reset();
}

} // namespace initd
