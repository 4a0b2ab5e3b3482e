// SPDX-License-Identifier: Apache-2.0
// The directories of the log files, as a kubelet lays them out: DIR/NAMESPACE_NAME_UID/CONTAINER/ATTEMPT.log, and
// beside a live file those that it was before: ATTEMPT.log.YYYYMMDD-HHMMSS. They are never compressed.
//
// Below DIR no link is followed, and nothing is removed whose name is not of these kinds.
#pragma once

#include "ns/error.hpp"
#include "ns/fd.hpp"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace initd {

struct LogName {
    std::uint32_t attempt = 0;
    std::string stamp; // "" for the live file
};
std::optional<LogName> parse_log_name(std::string_view name);
std::string log_name(std::uint32_t attempt, std::string_view stamp);

// A name that can be a directory's, of one path component.
bool is_plain_name(std::string_view name) noexcept;

// "YYYYMMDD-HHMMSS" of this moment, or of the second after `newest` if that is later: later files sort after earlier
// ones whatever the clock does. Seconds since the epoch.
std::string rotation_stamp(std::int64_t now, std::string_view newest);

// Opens a container's directory; it and those above are made when missing.
std::expected<ns::Fd, ns::Error> open_container_dir(const std::string& log_dir, const std::string& pod_dir,
                                                    const std::string& container);

// The log files in a directory, in no order.
std::vector<LogName> list_logs(int dir);

// Removes a pod's log files and the directories that are empty then. Nothing there is fine.
void remove_pod_logs(const std::string& log_dir, const std::string& pod_dir);

} // namespace initd
