// SPDX-License-Identifier: Apache-2.0
#include "initd/manifests.hpp"

#include "initd/clock.hpp"
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

constexpr Millis look_again_after{10'000};

std::uint32_t object_hash(spec::Kind kind, std::string_view name) noexcept {
    return name_hash(name) + static_cast<std::uint32_t>(kind);
}

// Of several changes of an object the last counts: one that went and came back has not changed.
void drop_overtaken(std::vector<ObjectChange>& changes, std::size_t from) {
    for (std::size_t i = changes.size(); i-- > from;)
        for (std::size_t later = i + 1; later < changes.size(); ++later)
            if (changes[later].kind == changes[i].kind && changes[later].name == changes[i].name) {
                changes.erase(changes.begin() + static_cast<std::ptrdiff_t>(i));
                break;
            }
}

} // namespace

Manifests::Manifests(Poller& poller, Asides& asides, std::vector<std::string> directories, const std::string& reserve,
                     bool reserve_in_force)
    : asides_(asides)
    , directories_(std::move(directories))
    , uses_(directories_.size(), Use::Read)
    , watch_(poller) {
    if (!reserve.empty()) {
        if (reserve_in_force)
            std::fill(uses_.begin(), uses_.end() - 1, Use::Aside);
        directories_.insert(directories_.begin(), reserve);
        uses_.insert(uses_.begin(), reserve_in_force ? Use::Read : Use::Unseen);
    }
    opened_.resize(directories_.size());
    for (std::size_t i = 0; i < directories_.size(); ++i)
        opened_[i].hash = name_hash(directories_[i]);
}

bool Manifests::call_in_reserve(std::vector<ObjectChange>& changes) noexcept try {
    if (uses_.front() != Use::Unseen)
        return false;
    uses_.front() = Use::Read;
    reread(0, true, changes);
    return true;
} catch (...) {
    log(Level::Error, {"manifests: out of memory"});
    return false;
}

// The first error (errno) of what it takes to notice all that happens in it; `directory` says whether it can be read.
int Manifests::open_directory(std::uint32_t index) {
    const int blind = watch_.follow_directory(index, directories_[index]);
    opened_[index].directory = ns::raise(ns::Fd(open(directories_[index].c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
    opened_[index].error = opened_[index].directory ? 0 : errno;
    return blind;
}

void Manifests::report(std::uint32_t index, std::string problem) {
    if (problem == opened_[index].problem)
        return;
    if (problem.empty())
        log(Level::Notice, {directories_[index], ": is seen again"});
    else
        log(Level::Error, {directories_[index], ": ", problem});
    opened_[index].problem = std::move(problem);
}

// False: it cannot be read now, which says nothing about its objects. One that is missing and has never held any is no
// problem.
bool Manifests::list(std::uint32_t index, std::vector<std::string>& names) {
    names.clear();
    if (uses_[index] == Use::Unseen)
        return false;
    watch_.begin(index);
    int blind = open_directory(index);
    Opened& opened = opened_[index];
    ns::Fd copy(opened.directory ? fcntl(opened.directory.get(), F_DUPFD_CLOEXEC, 0) : -1);
    DIR* dir = copy ? fdopendir(copy.get()) : nullptr;
    if (dir)
        (void)copy.release(); // closedir() closes it
    else if (opened.error == 0)
        opened.error = errno;
    while (const dirent* entry = dir ? readdir(dir) : nullptr) {
        if (!is_manifest_name(entry->d_name))
            continue;
        names.emplace_back(entry->d_name);
        if (entry->d_type != DT_REG) // a link, or a file system that does not say
            if (const int failure = watch_.follow_link(index, path_in(index, names.back())))
                blind = failure;
    }
    if (dir)
        closedir(dir);
    watch_.end(index);
    std::sort(names.begin(), names.end());
    const bool held = std::ranges::find(files_, index, &File::directory) != files_.end();
    if (blind != 0 || (!dir && opened.error != ENOENT))
        look_again_ = boot_time() + look_again_after;
    if (!dir && (opened.error != ENOENT || held))
        report(index, "its objects stay as they are: " + ns::to_text({opened.error, ns::Step::Open}));
    else
        report(index, blind == 0 ? "" : "changes are seen late: " + ns::to_text({blind, ns::Step::Watch}));
    return dir != nullptr;
}

// Looks at every file once more than it has to: that costs less than to keep pods back that need not wait.
void Manifests::begin_loading() {
    std::vector<std::string> names;
    for (std::uint32_t index = 0; index < directories_.size(); ++index) {
        list(index, names);
        for (std::string& name : names) {
            if (uses_[index] == Use::Aside) {
                File& file = files_.emplace_back(File{.directory = index, .name = name, .name_hash = name_hash(name)});
                file.aside = true;
                continue;
            }
            auto text = read_file_at(opened_[index].directory.get(), name.c_str(), spec::max_manifest_bytes);
            const bool first = text && text->find("\"priority") != text->npos;
            const auto at = static_cast<std::ptrdiff_t>(first ? with_priority_++ : to_load_.size());
            to_load_.insert(to_load_.begin() + at, {index, std::move(name)});
        }
    }
    listed_ = true;
}

bool Manifests::load_next(std::vector<ObjectChange>& changes) noexcept try {
    if (!listed_)
        begin_loading();
    if (loaded_ == to_load_.size()) {
        to_load_ = {};
        loaded_ = with_priority_ = 0;
        return false;
    }
    const ToLoad& next = to_load_[loaded_++];
    read(next.directory, next.name, changes);
    return true;
} catch (...) {
    log(Level::Error, {"manifests: out of memory"});
    if (!listed_) {
        to_load_ = {};
        with_priority_ = 0;
    }
    return true;
}

std::string Manifests::path_in(std::uint32_t index, std::string_view name) const {
    return std::string(directories_[index]).append("/").append(name);
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
    auto text = read_file_at(opened_[index].directory.get(), name.c_str(), spec::max_manifest_bytes);
    if (!text) {
        std::string why = text.error().err == EINVAL ? "no regular file" : ns::to_text(text.error());
        return std::unexpected(spec::Problems{{"", std::move(why)}});
    }
    if (!asides_.may_read(*text))
        return std::unexpected(spec::Problems{{"", Asides::why}});
    return spec::read_object(*text);
}

// Said once: whoever writes the same mistake a hundred times a second must not fill the log.
void Manifests::report(File& file, const spec::Problems& problems) {
    std::vector<std::string> texts;
    for (const spec::Problem& problem : problems)
        texts.push_back(spec::to_text("", problem));
    if (texts == file.problems)
        return;
    std::string path = path_of(file);
    for (const spec::Problem& problem : problems)
        log(Level::Error, {spec::to_text(path, problem)});
    file.problems = std::move(texts);
}

void Manifests::read(std::uint32_t index, std::string_view name, std::vector<ObjectChange>& changes) {
    File* file = find(index, name);
    if (!file)
        file = &files_.emplace_back(File{.directory = index, .name = std::string(name), .name_hash = name_hash(name)});
    auto object = parse(index, file->name);
    file->refused = file->aside = false;
    if (!object)
        return report(*file, object.error());
    file->problems.clear();
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
        changes.push_back({kind, std::string(name), false, {}, never, {}});
        return;
    }
    if (object && best == read) {
        struct stat status {};
        if (kind == spec::Kind::Secret &&
            fstatat(opened_[best->directory].directory.get(), best->name.c_str(), &status, 0) == 0 &&
            (status.st_mode & 077) != 0)
            log(Level::Warning, {path_of(*best), ": a secret that others may read: its mode should be 0600"});
        changes.push_back({kind, std::string(name), true, std::move(*object), never, origin_of(*best)});
        return;
    }
    if (object) {
        log(Level::Warning, {name, ": ", path_of(*read), " is not used: ", path_of(*best), " holds the same ",
                             spec::resource_of(kind)});
        return;
    }
    if (auto again = parse(best->directory, best->name))
        changes.push_back({kind, std::string(name), true, std::move(*again), never, origin_of(*best)});
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

bool Manifests::is_there(std::uint32_t index, const std::string& name) const noexcept {
    struct stat status {};
    return fstatat(opened_[index].directory.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
}

void Manifests::changed(const DirectoryWatch::Seen& seen, std::vector<ObjectChange>& changes) {
    if (seen.name.empty())
        return reread(seen.id, true, changes);
    if (!is_manifest_name(seen.name))
        return;
    struct stat status {};
    const bool there = fstatat(opened_[seen.id].directory.get(), seen.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
    if (there && S_ISREG(status.st_mode)) {
        // One that has been made and is not closed yet is half-written. A link is whole at once; one that could not be
        // read may be readable now.
        const File* file = find(seen.id, seen.name);
        if ((seen.mask & (IN_CLOSE_WRITE | IN_MOVED_TO)) || ((seen.mask & IN_CREATE) && status.st_nlink > 1) ||
            ((seen.mask & IN_ATTRIB) && file && !file->problems.empty()))
            read(seen.id, seen.name, changes);
        return;
    }
    // A link's target is to be watched too; and what is gone may be there under another name.
    const bool known = find(seen.id, seen.name) != nullptr;
    reread(seen.id, false, changes);
    if (there && known)
        read(seen.id, seen.name, changes);
    else if ((seen.mask & (IN_DELETE | IN_MOVED_FROM)) && !is_there(seen.id, seen.name))
        gone(seen.id, seen.name, changes); // has been said, unless the directory is gone too
}

void Manifests::on_change(Millis now, std::vector<ObjectChange>& changes) noexcept try {
    std::vector<DirectoryWatch::Seen> seen;
    if (!watch_.take(now, seen))
        return rescan(changes);
    const std::size_t before = changes.size();
    for (const DirectoryWatch::Seen& s : seen)
        changed(s, changes);
    drop_overtaken(changes, before);
} catch (...) {
    out_of_memory();
}

void Manifests::look_at(std::string_view path, std::vector<ObjectChange>& changes) noexcept try {
    auto slash = path.find_last_of('/');
    std::string_view directory = path.substr(0, slash);
    std::string name(path.substr(slash + 1));
    for (std::uint32_t index = 0; index < directories_.size(); ++index) {
        if (directories_[index] != directory)
            continue;
        open_directory(index); // the job may have made it, again even
        if (is_there(index, name))
            read(index, name, changes);
        else
            gone(index, name, changes);
    }
} catch (...) {
    out_of_memory();
}

// What has come is read and what is missing is gone; what was there before is read again when `all` is.
void Manifests::reread(std::uint32_t index, bool all, std::vector<ObjectChange>& changes) {
    std::vector<std::string> names;
    if (!list(index, names))
        return;
    for (std::size_t i = files_.size(); i-- > 0;)
        if (files_[i].directory == index && !std::ranges::binary_search(names, files_[i].name))
            gone(index, std::string(files_[i].name), changes);
    for (const std::string& name : names)
        if (const File* file = find(index, name); !file || (all && !file->aside))
            read(index, name, changes);
}

void Manifests::rescan(std::vector<ObjectChange>& changes) noexcept try {
    const std::size_t before = changes.size();
    for (std::uint32_t index = 0; index < directories_.size(); ++index)
        reread(index, true, changes);
    drop_overtaken(changes, before);
} catch (...) {
    out_of_memory();
}

// What has been told once is not told again, so all is looked at.
void Manifests::out_of_memory() noexcept {
    log(Level::Error, {"manifests: out of memory"});
    look_again_ = boot_time() + look_again_after;
}

void Manifests::tick(Millis now, std::vector<ObjectChange>& changes) noexcept {
    watch_.tick(now);
    if (!is_due(look_again_, now))
        return;
    look_again_ = never;
    rescan(changes);
}

void Manifests::refuse(spec::Kind kind, std::string_view name, std::string_view why) {
    const File* in_force = winner(kind, name);
    if (!in_force)
        return;
    File& file = files_[static_cast<std::size_t>(in_force - files_.data())];
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

bool Manifests::may_hold(Origin origin) const noexcept {
    const auto from = std::ranges::find(opened_, origin.directory, &Opened::hash);
    if (from == opened_.end())
        return false;
    const auto index = static_cast<std::uint32_t>(from - opened_.begin());
    return from->error != 0 || uses_[index] == Use::Unseen || std::ranges::any_of(files_, [&](const File& file) {
               return file.name_hash == origin.file && file.directory == index && file.object.empty() &&
                      (file.aside || !file.problems.empty());
           });
}

std::vector<spec::RejectedManifest> Manifests::rejected() const {
    std::vector<spec::RejectedManifest> rejected;
    for (std::size_t index = 0; index < directories_.size(); ++index)
        if (!opened_[index].problem.empty())
            rejected.push_back({directories_[index], {opened_[index].problem}});
    for (const File& file : files_)
        if (!file.problems.empty())
            rejected.push_back({path_of(file), file.problems});
    return rejected;
}

} // namespace initd
