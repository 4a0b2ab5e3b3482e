// SPDX-License-Identifier: Apache-2.0
// What a run leaves to say: the files that containers write their last words to (terminationMessagePath), and the end
// of a log in their place.
//
// Each run gets an empty file of its own that everybody may write to; the planner puts it into the container. When the
// run has ended it is read and removed. A container can put into it what it likes, and one on the machine's own root
// can reach it by its name: only a regular file is read, no link is followed, and no more than a little is taken. On a
// machine the files live in a small file system of their own, so that none of them can fill what podinit needs.
#pragma once

#include "initd/core_state.hpp"
#include "ns/fd.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace initd {

// The kubelet's numbers (container/runtime.go).
inline constexpr std::size_t max_message = 4096;
inline constexpr std::size_t max_messages_of_pod = 12 << 10; // divided among its containers

class MessageFiles {
  public:
    // Below the run directory. Without it there are no files and no messages.
    void open(const std::string& run_dir, bool own_file_system) noexcept;

    // A new file for the run; its path. "" when there can be none: it runs all the same, as under the kubelet.
    std::string make(RunId run);
    // The end of what the run has written. Also for a run that has no file.
    std::string read(RunId run) const noexcept;
    void remove(RunId run) noexcept;

  private:
    std::string path_;
    ns::Fd directory_;
};

// The last 80 lines of a log in the CRI format, or the last 2,048 bytes of them; "" without such a file. nullopt: they
// are on a disk that would have to be waited for; they have been asked for, so that they are there later.
std::optional<std::string> log_tail(const std::string& path) noexcept;

} // namespace initd
