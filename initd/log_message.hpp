// SPDX-License-Identifier: Apache-2.0
// What PID 1 and the log writer say to each other: one SOCK_SEQPACKET record each. Both ends are the same binary.
#pragma once

#include <cstddef>
#include <cstdint>

namespace initd {

// To the writer. The names follow the record: pod_length bytes, then container_length bytes.
struct LogOrder {
    enum class Kind : std::uint8_t {
        Stream, // read the attached descriptor into the files of pod, container, attempt
        Remove, // remove the pod's files and directories; names a pod only
    };
    Kind kind = Kind::Stream;
    std::uint8_t stream = 0; // a Stream
    std::uint16_t pod_length = 0;
    std::uint16_t container_length = 0;
    std::uint16_t reserved = 0;
    std::uint32_t attempt = 0;
    std::uint32_t id = 0; // of the stream, for the answer
};

inline constexpr std::size_t max_log_names = 1024; // pod and container: 63 + 253 + 63 and a uid are far less

// From the writer.
struct LogAnswer {
    enum class Kind : std::uint8_t {
        Hello,   // it runs
        Ended,   // stream `id` has ended and is in its file
        Removed, // the oldest Remove is done
        Trouble, // the stream's file cannot be written: `err`; said for one stream now and then
    };
    Kind kind = Kind::Hello;
    std::uint32_t id = 0;
    std::int32_t err = 0;
};

} // namespace initd
