// SPDX-License-Identifier: Apache-2.0
// logs: podinit says where the files are and whether more will come; podctl reads them itself.
#include "tools/podctl/commands.hpp"

#include "spec/duration.hpp"
#include "spec/status.hpp"
#include "tools/podctl/client.hpp"
#include "tools/podctl/cri_log.hpp"
#include "tools/podctl/duration.hpp"
#include "tools/podctl/log_files.hpp"
#include "tools/podctl/names.hpp"
#include "tools/podctl/number.hpp"
#include "tools/podctl/objects.hpp"
#include "tools/podctl/output.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <poll.h>
#include <sys/inotify.h>

namespace ctl {

namespace {

constexpr int idle_ms = 1000; // how often podinit is asked again while nothing comes

// What of a log is to be shown.
struct Wanted {
    std::int64_t tail = -1; // lines; negative: all
    std::string since;      // RFC 3339; empty: from the begin
    std::uint64_t bytes = std::numeric_limits<std::uint64_t>::max();
    bool timestamps = false;
};

Wanted wanted(const LogsOptions& options) {
    Wanted wanted{.tail = parse_number("--tail", options.tail), .timestamps = options.timestamps};
    if (!options.since.empty() && !options.since_time.empty())
        fail({"at most one of --since and --since-time may be given"});
    if (!options.since.empty()) {
        const auto span = spec::parse_duration_ms(options.since);
        if (!span)
            fail({"invalid argument \"", options.since,
                  "\" for \"--since\": a duration is written like 5s, 2m or 1h30m"});
        wanted.since = spec::rfc3339(std::max<std::int64_t>(1, now_ms() - *span));
    }
    if (!options.since_time.empty()) {
        const auto moment = spec::parse_rfc3339(options.since_time);
        if (!moment)
            fail({"invalid argument \"", options.since_time,
                  "\" for \"--since-time\": a time is written like 2026-01-31T12:00:00Z"});
        wanted.since = spec::rfc3339(std::max<std::int64_t>(1, *moment));
    }
    if (!options.limit_bytes.empty()) {
        const std::int64_t bytes = parse_number("--limit-bytes", options.limit_bytes);
        if (bytes <= 0)
            fail({"--limit-bytes must be greater than 0"});
        wanted.bytes = static_cast<std::uint64_t>(bytes);
    }
    return wanted;
}

// Reads on from file to file, as far as there is something.
class Reader {
  public:
    Reader(std::string path, const Wanted& wanted)
        : path_(std::move(path))
        , decoder_(wanted.timestamps, wanted.since)
        , left_(wanted.bytes) {}

    // Begins where the last `lines` lines do; negative: at the oldest file's begin. False: there is no file yet.
    bool open_tail(std::int64_t lines) {
        const std::vector<std::string> files = log_files(path_);
        for (std::size_t i = files.size(); i-- > 0;) {
            if (lines < 0)
                return open_file(files.front());
            if (!open_file(files[i]))
                return false;
            lseek(file_.get(), tail_offset(file_.get(), lines), SEEK_SET);
            if (lines == 0)
                break;
        }
        return static_cast<bool>(file_);
    }

    // Prints all that is there by now, in this file and those after it.
    void print_all() {
        do
            print_file();
        while (left_ > 0 && next_file());
    }

    bool is_done() const { return left_ == 0; } // as many bytes as were wanted
    bool is_open() const { return static_cast<bool>(file_); }

  private:
    bool open_file(const std::string& file) {
        Fd opened(open(file.c_str(), O_RDONLY | O_CLOEXEC));
        if (!opened && errno != ENOENT)
            fail({"reading ", file, ": ", std::strerror(errno)});
        if (opened)
            file_ = std::move(opened);
        return static_cast<bool>(file_);
    }

    bool next_file() {
        const std::string next = file_after(path_, file_.get());
        if (next.empty())
            return false;
        print_file(); // what came between the last read and the rotation
        return open_file(next);
    }

    void print_file() {
        std::array<char, 65536> buffer;
        std::string out;
        for (;;) {
            const ssize_t n = read(file_.get(), buffer.data(), buffer.size());
            if (n < 0 && errno == EINTR)
                continue;
            if (n <= 0)
                break;
            decoder_.feed({buffer.data(), static_cast<std::size_t>(n)}, out);
            print({std::string_view(out).substr(0, left_)});
            left_ -= std::min<std::uint64_t>(left_, out.size());
            out.clear();
        }
    }

    std::string path_;
    Fd file_;
    CriDecoder decoder_;
    std::uint64_t left_; // bytes
};

class Follower {
  public:
    Follower(Client& client, const spec::Logs& call, const Wanted& wanted)
        : client_(client)
        , call_(call)
        , wanted_(wanted) {}

    void run(spec::LogPath first) {
        while (first.path.empty() && !first.ended) {
            poll(nullptr, 0, idle_ms);
            first = value_or_fail(client_.ask_again<spec::LogPath>(call_));
        }
        const std::string path = first.path;
        Reader reader(path, wanted_);
        const Fd events(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
        bool watching = false;
        // Asked before the last look at the files: what was written by then is all there will be.
        for (bool over = first.ended;;) {
            if (!watching)
                watching = inotify_add_watch(events.get(), path.substr(0, path.rfind('/') + 1).c_str(),
                                             IN_CREATE | IN_MODIFY | IN_MOVED_FROM | IN_MOVED_TO) >= 0;
            if (reader.is_open() || reader.open_tail(wanted_.tail))
                reader.print_all();
            if (!flush_output() || over || reader.is_done())
                return;
            wait(events.get());
            over = run_is_over(path);
        }
    }

  private:
    // Until something happens to the files, or for a while.
    static void wait(int events) {
        pollfd ready{.fd = events, .events = POLLIN, .revents = 0};
        std::array<char, 4096> buffer;
        if (poll(&ready, 1, idle_ms) > 0)
            while (read(events, buffer.data(), buffer.size()) > 0)
                ;
    }

    // Also when another run has begun, or the pod is gone. Asked once in a while only.
    bool run_is_over(const std::string& path) {
        if (const std::int64_t now = now_ms(); now - asked_ >= 0 && now - asked_ < idle_ms)
            return false;
        asked_ = now_ms();
        const auto now = client_.ask_again<spec::LogPath>(call_);
        return !now || now->ended || now->path != path;
    }

    Client& client_;
    spec::Logs call_;
    Wanted wanted_;
    std::int64_t asked_ = 0;
};

} // namespace

int run_logs(const Common& common, const LogsOptions& options) {
    const Wanted shown = wanted(options);
    const Asked asked = parse_target(options.pod);
    Client client(common.socket);
    const spec::PodView pod = find_pod(client, common.namespace_or_default(), asked, false);
    const spec::Logs call{.namespace_ = common.namespace_or_default(),
                          .name = pod.pod.metadata.name,
                          .container = choose_container(pod, options.container, false),
                          .previous = options.previous};
    auto where = value_or_fail(client.ask<spec::LogPath>(call));
    if (options.follow) {
        Follower(client, call, shown).run(std::move(where));
        return 0;
    }
    Reader reader(where.path, shown);
    if (!where.path.empty() && reader.open_tail(shown.tail))
        reader.print_all();
    return 0;
}

} // namespace ctl
