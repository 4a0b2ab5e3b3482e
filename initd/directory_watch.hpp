// SPDX-License-Identifier: Apache-2.0
// What happens in directories and on the way to them, as inotify tells it. Nothing is looked at again merely because
// time has passed.
//
// A path is followed part by part: where a part is a symbolic link, or is missing, or is the last, the directory that
// holds it is watched for that name. So a link that is pointed elsewhere, a directory that is made, renamed or
// replaced, and a link swapped as ConfigMap volumes and git-sync swap theirs are all noticed. What is not: a directory
// in the middle of the path that is renamed, and a file system that is mounted over one.
//
// Whoever writes without end must not keep PID 1 busy: after a look, the next one is due a tenth of a second later, and
// until then the kernel gathers what happens.
#pragma once

#include "initd/core_state.hpp"
#include "initd/poller.hpp"
#include "ns/fd.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace initd {

class DirectoryWatch {
  public:
    explicit DirectoryWatch(Poller& poller);

    // Follows the way to `path` and watches the directory there. A watch is set before what it watches is read, so
    // that what happens in between is seen twice, not missed. 0, or why something will not be noticed (errno).
    int follow_directory(std::uint32_t id, const std::string& path);
    int follow_link(std::uint32_t id, const std::string& path); // of a file
    // What was followed for `id` before begin() and not again until end() is forgotten.
    void begin(std::uint32_t id) noexcept;
    void end(std::uint32_t id) noexcept;

    struct Seen {
        std::uint32_t id;
        std::uint32_t mask; // IN_...
        std::string name;   // in the directory; empty: all of it may be another now
    };
    // One bufferful. False: some were lost, so that everything may have changed.
    bool take(Millis now, std::vector<Seen>& seen);

    Millis next_deadline() const noexcept { return resume_at_; }
    void tick(Millis now) noexcept;

  private:
    struct Watch {
        int wd;
        std::uint32_t id;
        bool fresh;
        std::string name; // empty: the directory that is followed
    };
    int follow(std::uint32_t id, std::string path, std::uint32_t last_mask);
    int add(std::uint32_t id, const std::string& directory, std::string_view name, std::uint32_t mask);

    Poller& poller_;
    ns::Fd inotify_;
    int failure_ = 0; // of inotify itself
    std::vector<Watch> watches_;
    Millis resume_at_ = never;
};

} // namespace initd
