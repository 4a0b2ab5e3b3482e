// SPDX-License-Identifier: Apache-2.0
// Small files, read whole. PID 1 reads what is in the page cache or small (manifests, image configurations); it never
// writes to a disk: that is the helpers' work (roles.hpp).
#pragma once

#include "ns/error.hpp"
#include "ns/fd.hpp"

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

namespace initd {

// A regular file of at most `limit` bytes. EFBIG when it is longer, EINVAL when it is no regular file (a FIFO or a
// device is never waited for).
std::expected<std::string, ns::Error> read_file(const std::string& path, std::size_t limit) noexcept;
std::expected<std::string, ns::Error> read_file_at(int directory, const char* name, std::size_t limit) noexcept;

// The same below a root, which no link in `path` leaves (openat2, RESOLVE_IN_ROOT). An empty root is "/".
std::expected<std::string, ns::Error> read_file_in_root(std::string_view root, const char* path,
                                                        std::size_t limit) noexcept;

// Files of /proc and /sys, which have no size; "" when it cannot be read. Trailing white space is cut.
std::string read_kernel_file(const char* path, std::size_t limit = 4096) noexcept;

// mkdir -p.
std::expected<void, ns::Error> make_directories(const std::string& path, mode_t mode) noexcept;

// A memfd holding `content`, its offset at the start.
std::expected<ns::Fd, ns::Error> memory_file(std::string_view content) noexcept;

} // namespace initd
