// SPDX-License-Identifier: Apache-2.0
// Containers' output: pipes whose read ends go to the log writer, a helper process; PID 1 writes no log itself.
//
// PID 1 keeps each read end until the writer says that the stream has ended, and the writer takes nothing out of a pipe
// before it is in the file, so a writer that dies loses nothing: the next one is given the same pipes (it may repeat
// the lines of the last write). The pipes outlive podinit as well: the next one reads on. A stream is handed over when
// it first has something to say, and the writer itself is started by the first such stream and ends when it has had
// none for a while: a silent machine has no writer. A writer that dies young is started again only after a back-off:
// next_deadline() and tick().
#pragma once

#include "initd/core.hpp"
#include "initd/poller.hpp"
#include "initd/state/state_file.hpp"
#include "ns/fd.hpp"
#include "ns/plan.hpp"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace initd {

struct LogAnswer; // log_message.hpp

struct LogLimits {
    std::int64_t max_bytes = 10 << 20; // containerLogMaxSize
    std::int32_t max_files = 5;        // containerLogMaxFiles: the live file and those before it; at least 2
    gid_t readers = static_cast<gid_t>(-1);
};

// Where a container's output goes: DIR/NAMESPACE_NAME_UID/CONTAINER/ATTEMPT.log (kubelet: BuildPodLogsDirectory).
struct LogTarget {
    std::string pod_dir; // "NAMESPACE_NAME_UID"
    std::string container;
    std::uint32_t attempt = 0;
};
std::string log_path(std::string_view log_dir, const LogTarget& target);

struct LogRemoval { // a pod whose files are to go
    std::string pod_dir;
    std::uint32_t serial = 0; // streams of that name with a lower one are the pod's, others those of its successor
};

enum class Stream : std::uint8_t { Stdout, Stderr };

class Logs {
  public:
    Logs(Poller& poller, StateFile& state, std::string log_dir, LogLimits limits) noexcept;
    Logs(const Logs&) = delete;
    Logs& operator=(const Logs&) = delete;
    ~Logs();

    // What a podinit before us had. Its writer ends by itself, since it hears of nobody any more; `writer` is its pid,
    // -1 when there is none, and the next one starts when writer_ended() tells of that end. May throw bad_alloc.
    void restore(pid_t writer);

    // A pipe for one stream of one run: the write end (close-on-exec, low), for the Plan. The read end is kept here.
    // Both streams of a run share what is stored about it when they are opened one after the other.
    std::expected<ns::Fd, ns::Error> open_stream(const LogTarget& target, Stream stream) noexcept;
    // The same for a descriptor that exists already (a pseudo-terminal's master).
    void adopt_stream(const LogTarget& target, Stream stream, ns::Fd read_end) noexcept;

    // Source::LogPipe, the first output of a stream or its end: give it to the writer. When that needs a writer, the
    // plan to launch it.
    [[nodiscard]] std::optional<ns::Plan> on_stream(std::uint32_t id, Millis now) noexcept;
    // Source::LogWriter, what the writer says: streams that have ended.
    void on_writer() noexcept;

    // The plan for a writer, given once; what launch() returned comes back through one of these.
    void writer_started(pid_t pid, Millis now) noexcept;
    void writer_failed(Millis now) noexcept;
    // A child ended: if it was the writer, the plan for the next if one is wanted at once.
    bool is_writer(pid_t pid) const noexcept { return pid > 0 && pid == writer_pid_; }
    [[nodiscard]] std::optional<ns::Plan> writer_ended(Millis now) noexcept;

    // When tick() has something to do; `never` when there is nothing.
    Millis next_deadline() const noexcept { return retry_at_; }
    [[nodiscard]] std::optional<ns::Plan> tick(Millis now) noexcept;

    // The pod is gone for good (not: stopped because the machine goes down): the writer removes its log directory.
    [[nodiscard]] std::optional<ns::Plan> remove_pod(std::string_view pod_dir, Millis now) noexcept;

    std::string path(const LogTarget& target) const { return log_path(log_dir_, target); }

    // Streams that have not ended, and removals that are not done: 0 when all that was said is in the files.
    std::size_t unfinished() const noexcept { return open_ + removals_.size(); }

  private:
    struct Place; // where the streams of one run go
    enum class State : std::uint8_t {
        Free,
        Quiet,   // watched by the poller
        Waiting, // has something to say, the writer does not have it yet
        Handed,  // the writer reads it
    };
    struct Entry { // an id is an index into streams_
        int fd = -1;
        State state = State::Free;
        Stream stream = Stream::Stdout;
        Place* place = nullptr;
    };

    Place* find_place(const LogTarget& target);
    std::uint32_t take_entry();
    void free_entry(Entry& entry) noexcept;
    bool add_stream(const LogTarget& target, Stream stream, ns::Fd& read_end) noexcept;
    bool insert(std::uint32_t id, const LogTarget& target, Stream stream, ns::Fd& read_end);
    bool has_work() const noexcept { return waiting_ > 0 || sent_removals_ < removals_.size(); }
    std::optional<ns::Plan> want_writer(Millis now) noexcept;
    bool connect_writer() noexcept;
    void read_answers() noexcept;
    void take_answer(const LogAnswer& answer) noexcept;
    void back_off(Millis now) noexcept;
    void flush() noexcept;
    bool send_stream(std::uint32_t id) noexcept;
    bool send_removal(std::string_view pod_dir) noexcept;
    void lose_writer(Millis now) noexcept;

    bool restore_stream(std::uint32_t id);
    void keep_removals() noexcept;

    Poller& poller_;
    StateFile& state_;
    std::string log_dir_;
    LogLimits limits_;
    std::vector<Entry> streams_;
    std::vector<LogRemoval> removals_; // asked for, not done; the first sent_removals_ of them are with the writer
    std::size_t sent_removals_ = 0;
    std::uint32_t next_serial_ = 1;
    std::size_t open_ = 0;    // entries that are not Free
    std::size_t waiting_ = 0; // entries that are Waiting
    Place* last_place_ = nullptr;
    ns::Fd writer_;        // our end, as soon as there is a plan for a writer
    ns::Fd writers_end_;   // its end, until it has spoken
    bool blocked_ = false; // the socket is full: poller_ waits for room in it
    pid_t writer_pid_ = -1;
    Millis started_at_{0};
    Millis retry_at_ = never;
    Millis retry_step_{0};
};

// The helper's main: argv is {log_writer_role, LOG_DIR, MAX_BYTES, MAX_FILES, READERS}. Standard input is the socket.
inline constexpr const char* log_writer_role = "podinit: log writer";
int log_writer_main(int argc, char** argv) noexcept;

} // namespace initd
