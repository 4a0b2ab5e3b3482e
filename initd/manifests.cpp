// SPDX-License-Identifier: Apache-2.0
#include "initd/manifests.hpp"

#include "initd/files.hpp"
#include "initd/log.hpp"
#include "initd/manifest_names.hpp"
#include "initd/name_hash.hpp"
#include "ns/launcher.hpp"

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace initd {

namespace {

std::uint32_t object_hash(spec::Kind kind, std::string_view name) noexcept {
    return name_hash(name) + static_cast<std::uint32_t>(kind);
}

} // namespace

Manifests::Manifests(Poller& poller, std::vector<std::string> directories)
    : directories_(std::move(directories))
    , watches_(directories_.size())
    , inotify_(ns::raise(ns::Fd(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)))) {
    if (!inotify_ || !poller.add(inotify_.get(), Source::Manifests, 0, EPOLLIN))
        log(Level::Error, {"manifests: changes will not be noticed: no inotify"});
}

void Manifests::watch_directory(std::uint32_t index) noexcept {
    Watch& watch = watches_[index];
    const char* path = directories_[index].c_str();
    // The watch first: what happens between it and the reading is seen twice, not missed.
    constexpr std::uint32_t mask =
        IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
    if (inotify_) {
        // The same number for the same directory; another one for a directory that has taken its place.
        int before = std::exchange(watch.watch, inotify_add_watch(inotify_.get(), path, mask));
        if (before >= 0 && before != watch.watch)
            inotify_rm_watch(inotify_.get(), before);
    }
    watch.directory = ns::raise(ns::Fd(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
}

void Manifests::list(std::uint32_t index, std::vector<std::string>& names) {
    names.clear();
    watch_directory(index);
    if (!watches_[index].directory)
        return;
    ns::Fd copy(fcntl(watches_[index].directory.get(), F_DUPFD_CLOEXEC, 0));
    DIR* dir = copy ? fdopendir(copy.get()) : nullptr;
    if (!dir)
        return;
    (void)copy.release(); // closedir() closes it
    while (const dirent* entry = readdir(dir))
        if (is_manifest_name(entry->d_name))
            names.emplace_back(entry->d_name);
    closedir(dir);
    std::sort(names.begin(), names.end());
}

bool Manifests::load_next(std::vector<ObjectChange>& changes) noexcept try {
    while (loading_ < directories_.size()) {
        if (!listed_) {
            list(loading_, names_);
            next_name_ = 0;
            listed_ = true;
        }
        if (next_name_ < names_.size()) {
            read(loading_, names_[next_name_++], changes);
            return true;
        }
        listed_ = false;
        ++loading_;
    }
    names_ = {};
    return false;
} catch (...) {
    log(Level::Error, {"manifests: out of memory"});
    return loading_ < directories_.size();
}

Manifests::File* Manifests::find(std::uint32_t index, std::string_view name) noexcept {
    std::uint32_t hash = name_hash(name);
    auto file = std::find_if(files_.begin(), files_.end(), [&](const File& f) {
        return f.name_hash == hash && f.directory == index && f.name == name;
    });
    return file == files_.end() ? nullptr : &*file;
}

const Manifests::File* Manifests::winner(spec::Kind kind, std::string_view name) const noexcept {
    const File* best = nullptr;
    std::uint32_t hash = object_hash(kind, name);
    for (const File& file : files_)
        if (file.object_hash == hash && file.kind == kind && file.object == name &&
            (!best || file.directory > best->directory ||
             (file.directory == best->directory && file.name < best->name)))
            best = &file;
    return best;
}

std::expected<spec::Object, spec::Problems> Manifests::parse(std::uint32_t index, const std::string& name) const {
    auto text = read_file_at(watches_[index].directory.get(), name.c_str(), spec::max_manifest_bytes);
    if (!text) {
        std::string why = text.error().err == EINVAL ? "no regular file" : ns::to_text(text.error());
        return std::unexpected(spec::Problems{{"", std::move(why)}});
    }
    return spec::read_object(*text);
}

void Manifests::report(File& file, const spec::Problems& problems) {
    std::string path = path_of(file);
    for (const spec::Problem& problem : problems) {
        log(Level::Error, {spec::to_text(path, problem)});
        file.problems.push_back(spec::to_text("", problem));
    }
}

void Manifests::read(std::uint32_t index, std::string_view name, std::vector<ObjectChange>& changes) {
    File* file = find(index, name);
    if (!file)
        file = &files_.emplace_back(File{.directory = index, .name = std::string(name), .name_hash = name_hash(name)});
    file->seen = true;
    auto object = parse(index, file->name);
    file->problems.clear();
    file->refused = false;
    if (!object)
        return report(*file, object.error());
    spec::Kind kind_before = std::exchange(file->kind, object->kind);
    std::string before = std::exchange(file->object, {});
    if (object->kind == spec::Kind::Ignored) {
        for (const spec::Problem& warning : object->warnings)
            log(Level::Warning, {spec::to_text(path_of(*file), warning)});
    } else {
        file->object = spec::full_name(object->metadata);
        file->object_hash = object_hash(file->kind, file->object);
    }
    if (!before.empty() && (before != file->object || kind_before != file->kind))
        settle(kind_before, before, changes, nullptr, nullptr);
    if (object->kind != spec::Kind::Ignored)
        settle(object->kind, file->object, changes, file, &*object);
}

// Says what the object is to be now. `object` is what has just been read from `read`, if anything.
void Manifests::settle(spec::Kind kind, std::string_view name, std::vector<ObjectChange>& changes, const File* read,
                       spec::Object* object) {
    const File* best = winner(kind, name);
    if (!best) {
        changes.push_back({kind, std::string(name), false, {}, never});
        return;
    }
    if (object && best == read) {
        struct stat status {};
        if (kind == spec::Kind::Secret &&
            fstatat(watches_[best->directory].directory.get(), best->name.c_str(), &status, 0) == 0 &&
            (status.st_mode & 077) != 0)
            log(Level::Warning, {path_of(*best), ": a secret that others may read: its mode should be 0600"});
        changes.push_back({kind, std::string(name), true, std::move(*object), never});
        return;
    }
    if (object) {
        log(Level::Warning, {name, ": ", path_of(*read), " is not used: ", path_of(*best), " holds the same ",
                             spec::resource_of(kind)});
        return;
    }
    if (auto again = parse(best->directory, best->name))
        changes.push_back({kind, std::string(name), true, std::move(*again), never});
}

void Manifests::gone(std::uint32_t index, std::string_view name, std::vector<ObjectChange>& changes) {
    File* file = find(index, name);
    if (!file)
        return;
    bool in_force = !file->object.empty() && winner(file->kind, file->object) == file;
    spec::Kind kind = file->kind;
    std::string object = std::move(file->object);
    files_.erase(files_.begin() + (file - files_.data()));
    if (in_force)
        settle(kind, object, changes, nullptr, nullptr);
}

// One bufferful a call: the poller says so again while there is more, and whoever writes without end must not keep us.
void Manifests::on_change(std::vector<ObjectChange>& changes) noexcept try {
    alignas(inotify_event) char buffer[4096];
    ssize_t n = ::read(inotify_.get(), buffer, sizeof buffer);
    for (char* at = buffer; at < buffer + n;) {
        const auto* event = reinterpret_cast<const inotify_event*>(at);
        at += sizeof *event + event->len;
        if (event->mask & IN_Q_OVERFLOW)
            return rescan(changes);
        auto watch =
            std::find_if(watches_.begin(), watches_.end(), [&](const Watch& w) { return w.watch == event->wd; });
        if (watch == watches_.end() || event->len == 0 || !is_manifest_name(event->name))
            continue;
        auto index = static_cast<std::uint32_t>(watch - watches_.begin());
        if (event->mask & (IN_CLOSE_WRITE | IN_MOVED_TO))
            read(index, event->name, changes);
        else if (event->mask & (IN_MOVED_FROM | IN_DELETE))
            gone(index, event->name, changes);
    }
} catch (...) {
    log(Level::Error, {"manifests: out of memory"});
}

void Manifests::look_at(std::string_view path, std::vector<ObjectChange>& changes) noexcept try {
    auto slash = path.find_last_of('/');
    std::string_view directory = path.substr(0, slash);
    std::string name(path.substr(slash + 1));
    for (std::uint32_t index = 0; index < directories_.size(); ++index) {
        if (directories_[index] != directory)
            continue;
        watch_directory(index); // the job may have made it, again even
        if (faccessat(watches_[index].directory.get(), name.c_str(), F_OK, 0) == 0)
            read(index, name, changes);
        else
            gone(index, name, changes);
    }
} catch (...) {
    log(Level::Error, {"manifests: out of memory"});
}

void Manifests::rescan(std::vector<ObjectChange>& changes) noexcept try {
    std::vector<std::string> names;
    for (std::uint32_t index = 0; index < directories_.size(); ++index) {
        for (File& file : files_)
            file.seen = file.seen && file.directory != index;
        list(index, names);
        for (const std::string& name : names)
            read(index, name, changes);
        if (!watches_[index].directory)
            continue; // a directory that cannot be read now says nothing about its objects
        std::vector<std::string> missing;
        for (const File& file : files_)
            if (file.directory == index && !file.seen)
                missing.push_back(file.name);
        for (const std::string& name : missing)
            gone(index, name, changes);
        for (File& file : files_)
            file.seen = true;
    }
} catch (...) {
    log(Level::Error, {"manifests: out of memory"});
}

void Manifests::refuse(spec::Kind kind, std::string_view name, std::string_view why) {
    const File* in_force = winner(kind, name);
    if (!in_force)
        return;
    File& file = files_[static_cast<std::size_t>(in_force - files_.data())];
    file.problems.clear();
    report(file, {{"/metadata/name", std::string(why)}});
    file.refused = true;
}

void Manifests::retry_refused(std::vector<ObjectChange>& changes) noexcept try {
    for (std::size_t i = 0; i < files_.size(); ++i)
        if (files_[i].refused)
            read(files_[i].directory, std::string(files_[i].name), changes);
} catch (...) {
    log(Level::Error, {"manifests: out of memory"});
}

std::vector<std::string> Manifests::files_of(spec::Kind kind, std::string_view name) const {
    std::vector<std::string> paths;
    for (const File& file : files_)
        if (file.kind == kind && file.object == name)
            paths.push_back(path_of(file));
    return paths;
}

std::string Manifests::object_in(std::string_view path) const {
    for (const File& file : files_)
        if (!file.object.empty() && path.ends_with(file.name) &&
            path.size() == directories_[file.directory].size() + 1 + file.name.size() &&
            path.starts_with(directories_[file.directory]))
            return std::string(spec::resource_of(file.kind)) + " " + file.object;
    return {};
}

std::vector<spec::RejectedManifest> Manifests::rejected() const {
    std::vector<spec::RejectedManifest> rejected;
    for (const File& file : files_)
        if (!file.problems.empty())
            rejected.push_back({path_of(file), file.problems});
    return rejected;
}

} // namespace initd
