// SPDX-License-Identifier: Apache-2.0
// The manifest directories: which files there are, which object each one holds, what has changed.
//
// One file holds one object: a pod, or one of the other kinds that are kept (spec/object.hpp). Its name ends in .json
// and does not begin with a dot, so that editors' and installers' temporary files are never read. A file is read when
// it is there at the start, and afterwards when a writer has closed it, or when a rename or a link has brought it in:
// never half-written. Of many changes the last counts: what is told is what the directory holds when it is looked at.
// An object (kind, namespace and name) that several files hold is what the file in the last directory says (in one
// directory, the first by name); the others come into force when that file goes. A file that cannot be read, or whose
// object cannot come into force, is reported and leaves everything as it was, also what it held before; so does a
// directory that is gone or cannot be read, until it can be.
//
// There may be one more directory, a reserve that comes before all others: it is read only instead of these, and then a
// file of theirs counts only once it changes; or it is not looked at until it is called in.
#pragma once

#include "initd/asides.hpp"
#include "initd/core.hpp"
#include "initd/directory_watch.hpp"
#include "initd/origin.hpp"
#include "ns/fd.hpp"
#include "spec/control.hpp"
#include "spec/object.hpp"

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace initd {

// What is to be done because of the files: an object to be as its file says, or to be removed.
struct ObjectChange {
    spec::Kind kind = spec::Kind::Pod; // never Ignored
    std::string name;                  // NAMESPACE/NAME
    bool wanted = true;                // false: removed
    spec::Object object;               // when wanted
    Millis grace = never;              // when removed by a client that said so: instead of the pods' own
    Origin origin;                     // when wanted
};

class Manifests {
  public:
    // `directories` in rising precedence. The last one is for what is transient; it is read in any case.
    Manifests(Poller& poller, Asides& asides, std::vector<std::string> directories, const std::string& reserve = "",
              bool reserve_in_force = false);
    // False: there is no reserve, or it is in force already.
    bool call_in_reserve(std::vector<ObjectChange>& changes) noexcept;

    // The first reading, one file a call, so that what has been read can be started meanwhile. False: that was all.
    bool load_next(std::vector<ObjectChange>& changes) noexcept;
    // Is there more to read of what speaks of a priority? It is read first.
    bool more_priorities() const noexcept { return !listed_ || loaded_ < with_priority_; }

    // inotify says something. At next_deadline() it may say something again, or a directory that could not be watched
    // or read is looked at once more.
    void on_change(Millis now, std::vector<ObjectChange>& changes) noexcept;
    Millis next_deadline() const noexcept { return sooner(watch_.next_deadline(), look_again_); }
    void tick(Millis now, std::vector<ObjectChange>& changes) noexcept;

    // A job has written or removed a file: it is looked at now.
    void look_at(std::string_view path, std::vector<ObjectChange>& changes) noexcept;

    // Reads everything again (SIGHUP, an overflow of inotify's queue).
    void rescan(std::vector<ObjectChange>& changes) noexcept;

    // What the file in force says cannot be: it counts as rejected until it is read again.
    void refuse(spec::Kind kind, std::string_view name, std::string_view why);
    // Reads those again: what stood in their way may be gone.
    void retry_refused(std::vector<ObjectChange>& changes) noexcept;

    // Every file that holds the object, as a path.
    std::vector<std::string> files_of(spec::Kind kind, std::string_view name) const;
    // The object that a file holds, as "pod NAMESPACE/NAME"; empty when it holds none, or is none.
    std::string object_in(std::string_view path) const;
    std::vector<spec::RejectedManifest> rejected() const;
    bool holds(spec::Kind kind, std::string_view name) const noexcept { return winner(kind, name) != nullptr; }
    // What that file holds cannot be said now: it, or its directory, cannot be read.
    bool may_hold(Origin origin) const noexcept;
    const std::vector<std::string>& directories() const noexcept { return directories_; }
    bool is_in_force(std::size_t directory) const noexcept { return uses_[directory] == Use::Read; }

  private:
    struct File {
        std::uint32_t directory;
        std::string name;
        std::uint32_t name_hash;
        std::uint32_t object_hash = 0;
        spec::Kind kind = spec::Kind::Ignored;
        std::string object;                // what it holds, as far as it could be read last: NAMESPACE/NAME
        std::vector<std::string> problems; // of the last reading
        bool refused = false;
        bool aside = false; // not read until it changes
    };
    enum class Use : std::uint8_t { Read, Aside, Unseen };
    struct ToLoad {
        std::uint32_t directory;
        std::string name;
    };
    struct Opened {
        ns::Fd directory;
        std::uint32_t hash = 0; // of its path
        int error = 0;          // of opening it
        std::string problem;    // why it, or what happens in it, cannot be seen
    };

    int open_directory(std::uint32_t index);
    void begin_loading();
    bool list(std::uint32_t index, std::vector<std::string>& names);
    void report(std::uint32_t index, std::string problem);
    void reread(std::uint32_t index, bool all, std::vector<ObjectChange>& changes);
    void changed(const DirectoryWatch::Seen& seen, std::vector<ObjectChange>& changes);
    void read(std::uint32_t index, std::string_view name, std::vector<ObjectChange>& changes);
    void gone(std::uint32_t index, std::string_view name, std::vector<ObjectChange>& changes);
    void report(File& file, const spec::Problems& problems);
    bool is_there(std::uint32_t index, const std::string& name) const noexcept;
    void settle(spec::Kind kind, std::string_view name, std::vector<ObjectChange>& changes, const File* read,
                spec::Object* object);
    std::expected<spec::Object, spec::Problems> parse(std::uint32_t index, const std::string& name) const;
    File* find(std::uint32_t index, std::string_view name) noexcept;
    const File* winner(spec::Kind kind, std::string_view name) const noexcept;
    std::string path_in(std::uint32_t index, std::string_view name) const;
    Origin origin_of(const File& file) const noexcept { return {opened_[file.directory].hash, file.name_hash}; }
    std::string path_of(const File& file) const { return path_in(file.directory, file.name); }

    Asides& asides_;
    std::vector<std::string> directories_;
    std::vector<Use> uses_;
    std::vector<Opened> opened_;
    std::vector<File> files_;
    DirectoryWatch watch_;
    // The first reading: what is to be read, those that speak of a priority first, and how far it is.
    std::vector<ToLoad> to_load_;
    std::size_t with_priority_ = 0;
    std::size_t loaded_ = 0;
    void out_of_memory() noexcept;
    Millis look_again_ = never; // at a directory that could not be watched or read, or for which there was no memory
    bool listed_ = false;
};

} // namespace initd
