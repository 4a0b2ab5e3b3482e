// SPDX-License-Identifier: Apache-2.0
// Containers' output: pipes whose read ends go to the log writer, a helper process; PID 1 writes no log itself.
//
// PID 1 keeps each read end until the writer says that the stream has ended, so a writer that dies loses nothing: the
// next one is given the same pipes. A stream is handed over when it first has something to say (EPOLLONESHOT), and the
// writer itself is started by the first such stream: a silent machine has no writer.
// PID 1 and the writer speak over a SOCK_SEQPACKET pair: LogMessage, with the stream's descriptor.
#pragma once

#include "initd/core.hpp"
#include "initd/poller.hpp"
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

struct LogLimits {
    std::int64_t max_bytes = 10 << 20; // containerLogMaxSize
    std::int32_t max_files = 5;        // containerLogMaxFiles
    gid_t readers = static_cast<gid_t>(-1);
};

// Where a container's output goes: DIR/NAMESPACE_NAME_UID/CONTAINER/ATTEMPT.log (kubelet: BuildPodLogsDirectory).
struct LogTarget {
    std::string pod_dir;   // "NAMESPACE_NAME_UID"
    std::string container;
    std::uint32_t attempt = 0;
};
std::string log_path(std::string_view log_dir, const LogTarget& target);

enum class Stream : std::uint8_t { Stdout, Stderr };

class Logs {
  public:
    Logs(Poller& poller, std::string log_dir, LogLimits limits) noexcept;

    // A pipe for one stream of one run: the write end, for the Plan. The read end is kept here.
    std::expected<ns::Fd, ns::Error> open_stream(const LogTarget& target, Stream stream) noexcept;
    // The same for a descriptor that exists already (a pseudo-terminal's master).
    void adopt_stream(const LogTarget& target, Stream stream, ns::Fd read_end) noexcept;

    // The first output of a stream: give it to the writer. When that needs a writer, the plan to launch it.
    [[nodiscard]] std::optional<ns::Plan> on_stream(std::uint32_t id) noexcept;
    // What the writer says: streams that have ended.
    void on_writer() noexcept;

    // The plan for a writer, given once; the launch's outcome comes back through these.
    void writer_started(pid_t pid) noexcept;
    void writer_failed() noexcept;
    // A child ended: if it was the writer, the plan for the next (rate-limited: after a quick death, only at the next output).
    bool is_writer(pid_t pid) const noexcept;
    [[nodiscard]] std::optional<ns::Plan> writer_ended() noexcept;

    // The pod is gone: its log directory goes too.
    void remove_pod(std::string_view pod_dir) noexcept;

    std::size_t open_streams() const noexcept;

  private:
    struct Entry;
    Poller& poller_;
    std::string log_dir_;
    LogLimits limits_;
    std::vector<Entry> streams_;
    ns::Fd writer_;
    pid_t writer_pid_ = -1;
};

// The helper's main: argv[0] is log_writer_role. Descriptor 3 is the socket.
inline constexpr const char* log_writer_role = "podinit: log writer";
int log_writer_main(int argc, char** argv) noexcept;

} // namespace initd
