// SPDX-License-Identifier: Apache-2.0
// Writes a volume's files so that a reader sees all of the old ones or all of the new ones (kubelet: atomic_writer.go).
//
//   ..2026_11_22_18_03_26.123456789/   the files, in directories where their paths have slashes
//   ..data -> ..2026_...               replaced by a rename
//   NAME -> ..data/NAME                for the first element of each path
//
// Every name is made in its opened parent, and no link is followed, whatever a container has put there.
#pragma once

#include "initd/projection.hpp"
#include "ns/error.hpp"

#include <expected>
#include <optional>
#include <string>
#include <sys/types.h>

namespace initd {

// `directory` is there. With a group, files belong to it and it may read them. A failure leaves what was there before.
std::expected<void, ns::Error> write_projection(const std::string& directory, const Projection& files,
                                                std::optional<gid_t> group);

} // namespace initd
