// SPDX-License-Identifier: Apache-2.0
// The manifest directories: which files there are, which pod each one holds, what has changed.
//
// One file holds one pod; its name ends in .json and does not begin with a dot, so that editors' and installers'
// temporary files are never read. A file is read when it is there at the start, and afterwards when a writer has closed
// it or a rename has brought it in: never half-written. A pod that several files hold is what the file in the last
// directory says (in one directory, the first by name); the others come into force when that file goes.
// A file that cannot be read as a pod is reported and leaves everything as it was, also the pod that it held before.
#pragma once

#include "initd/core.hpp"
#include "initd/poller.hpp"
#include "ns/fd.hpp"
#include "spec/control.hpp"
#include "spec/manifest.hpp"

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace initd {

// What is to be done because of the files: a pod to be as the manifest says, or to be removed.
struct PodChange {
    std::string name;        // NAMESPACE/NAME
    bool wanted = true;      // false: removed
    spec::Manifest manifest; // when wanted
    Millis grace = never;    // when removed by a client that said so: instead of the pod's own
};

class Manifests {
  public:
    // `directories` in rising precedence. A missing one is watched from the moment a job makes it, or SIGHUP.
    Manifests(Poller& poller, std::vector<std::string> directories);

    // The first reading, one file a call, so that what has been read can be started meanwhile. False: that was all.
    bool load_next(std::vector<PodChange>& changes) noexcept;

    // inotify says something. Also after a job has written or removed a file: then the file is looked at now.
    void on_change(std::vector<PodChange>& changes) noexcept;
    void look_at(std::string_view path, std::vector<PodChange>& changes) noexcept;

    // Reads everything again (SIGHUP, an overflow of inotify's queue).
    void rescan(std::vector<PodChange>& changes) noexcept;

    // Every file that holds the pod, as a path.
    std::vector<std::string> files_of(std::string_view name) const;
    // The pod that a file holds; empty when it holds none, or is none.
    std::string_view pod_in(std::string_view path) const noexcept;
    std::vector<spec::RejectedManifest> rejected() const;
    const std::vector<std::string>& directories() const noexcept { return directories_; }

  private:
    struct File {
        std::uint32_t directory;
        std::string name;
        std::uint32_t name_hash;
        std::uint32_t pod_hash = 0;
        std::string pod;                   // the pod it holds, as far as it could be read last
        std::vector<std::string> problems; // of the last reading
        bool seen = true;                  // during a rescan
    };
    struct Watch {
        ns::Fd directory; // O_PATH
        int watch = -1;
    };

    void watch_directory(std::uint32_t index) noexcept;
    void list(std::uint32_t index, std::vector<std::string>& names);
    void read(std::uint32_t index, std::string_view name, std::vector<PodChange>& changes);
    void gone(std::uint32_t index, std::string_view name, std::vector<PodChange>& changes);
    void settle(std::string_view pod, std::vector<PodChange>& changes, const File* read, spec::Manifest* manifest);
    std::expected<spec::Manifest, spec::Problems> parse(std::uint32_t index, const std::string& name) const;
    File* find(std::uint32_t index, std::string_view name) noexcept;
    const File* winner(std::string_view pod) const noexcept;

    std::vector<std::string> directories_;
    std::vector<Watch> watches_;
    std::vector<File> files_;
    ns::Fd inotify_;
    // The first reading: which directory, its names, how far.
    std::uint32_t loading_ = 0;
    std::vector<std::string> names_;
    std::size_t next_name_ = 0;
    bool listed_ = false;
};

// Does a directory entry of this name hold a manifest?
bool is_manifest_name(std::string_view name) noexcept;

// The name of the file that podctl's manifests are kept in.
std::string manifest_file_name(std::string_view namespace_, std::string_view name);

} // namespace initd
