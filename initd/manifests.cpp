// SPDX-License-Identifier: Apache-2.0
#include "initd/manifests.hpp"

#include "initd/files.hpp"
#include "initd/log.hpp"
#include "initd/name_hash.hpp"
#include "ns/launcher.hpp"

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <unistd.h>
#include <utility>

namespace initd {

bool is_manifest_name(std::string_view name) noexcept {
    return !name.starts_with('.') && name.ends_with(".json");
}

// Neither part can hold an underscore or a slash: both are DNS names.
std::string manifest_file_name(std::string_view namespace_, std::string_view name) {
    return std::string(namespace_) + "_" + std::string(name) + ".json";
}

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

bool Manifests::load_next(std::vector<PodChange>& changes) noexcept try {
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

const Manifests::File* Manifests::winner(std::string_view pod) const noexcept {
    const File* best = nullptr;
    std::uint32_t hash = name_hash(pod);
    for (const File& file : files_)
        if (file.pod_hash == hash && file.pod == pod &&
            (!best || file.directory > best->directory ||
             (file.directory == best->directory && file.name < best->name)))
            best = &file;
    return best;
}

std::expected<spec::Manifest, spec::Problems> Manifests::parse(std::uint32_t index, const std::string& name) const {
    auto text = read_file_at(watches_[index].directory.get(), name.c_str(), spec::max_manifest_bytes);
    if (!text) {
        std::string why = text.error().err == EINVAL ? "no regular file" : ns::to_text(text.error());
        return std::unexpected(spec::Problems{{"", std::move(why)}});
    }
    return spec::read_manifest(*text);
}

void Manifests::read(std::uint32_t index, std::string_view name, std::vector<PodChange>& changes) {
    File* file = find(index, name);
    if (!file)
        file = &files_.emplace_back(File{index, std::string(name), name_hash(name), 0, {}, {}});
    file->seen = true;
    auto manifest = parse(index, file->name);
    file->problems.clear();
    if (!manifest) {
        std::string path = directories_[index] + "/" + file->name;
        for (const spec::Problem& problem : manifest.error()) {
            log(Level::Error, {spec::to_text(path, problem)});
            file->problems.push_back(spec::to_text("", problem));
        }
        return;
    }
    std::string pod = spec::full_name(manifest->pod.metadata);
    std::string before = std::exchange(file->pod, pod);
    file->pod_hash = name_hash(pod);
    if (!before.empty() && before != pod)
        settle(before, changes, nullptr, nullptr);
    settle(pod, changes, file, &*manifest);
}

// Says what the pod is to be now. `manifest` is what has just been read from `read`, if anything.
void Manifests::settle(std::string_view pod, std::vector<PodChange>& changes, const File* read,
                       spec::Manifest* manifest) {
    const File* best = winner(pod);
    if (!best) {
        changes.push_back({std::string(pod), false, {}, never});
        return;
    }
    if (manifest && best == read) {
        changes.push_back({std::string(pod), true, std::move(*manifest), never});
        return;
    }
    if (manifest) {
        log(Level::Warning, {pod, ": ", directories_[read->directory], "/", read->name,
                             " is not used: ", directories_[best->directory], "/", best->name, " holds the same pod"});
        return;
    }
    if (auto again = parse(best->directory, best->name))
        changes.push_back({std::string(pod), true, std::move(*again), never});
}

void Manifests::gone(std::uint32_t index, std::string_view name, std::vector<PodChange>& changes) {
    File* file = find(index, name);
    if (!file)
        return;
    bool in_force = winner(file->pod) == file;
    std::string pod = std::move(file->pod);
    files_.erase(files_.begin() + (file - files_.data()));
    if (in_force && !pod.empty())
        settle(pod, changes, nullptr, nullptr);
}

// One bufferful a call: the poller says so again while there is more, and whoever writes without end must not keep us.
void Manifests::on_change(std::vector<PodChange>& changes) noexcept try {
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

void Manifests::look_at(std::string_view path, std::vector<PodChange>& changes) noexcept try {
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

void Manifests::rescan(std::vector<PodChange>& changes) noexcept try {
    std::vector<std::string> names;
    for (std::uint32_t index = 0; index < directories_.size(); ++index) {
        for (File& file : files_)
            file.seen = file.seen && file.directory != index;
        list(index, names);
        for (const std::string& name : names)
            read(index, name, changes);
        if (!watches_[index].directory)
            continue; // a directory that cannot be read now says nothing about its pods
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

std::vector<std::string> Manifests::files_of(std::string_view name) const {
    std::vector<std::string> paths;
    for (const File& file : files_)
        if (file.pod == name)
            paths.push_back(directories_[file.directory] + "/" + file.name);
    return paths;
}

std::string_view Manifests::pod_in(std::string_view path) const noexcept {
    for (const File& file : files_)
        if (path.ends_with(file.name) && path.size() == directories_[file.directory].size() + 1 + file.name.size() &&
            path.starts_with(directories_[file.directory]))
            return file.pod;
    return {};
}

std::vector<spec::RejectedManifest> Manifests::rejected() const {
    std::vector<spec::RejectedManifest> rejected;
    for (const File& file : files_)
        if (!file.problems.empty())
            rejected.push_back({directories_[file.directory] + "/" + file.name, file.problems});
    return rejected;
}

} // namespace initd
