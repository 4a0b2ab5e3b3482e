// SPDX-License-Identifier: Apache-2.0
#include "tools/podctl/manifests.hpp"

#include "spec/control.hpp"
#include "spec/manifest.hpp"
#include "tools/podctl/fd.hpp"
#include "tools/podctl/json_stream.hpp"
#include "tools/podctl/json_value.hpp"
#include "tools/podctl/output.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

namespace ctl {

namespace {

bool is_manifest_name(std::string_view name) {
    return name.ends_with(".json") || name.ends_with(".yaml") || name.ends_with(".yml");
}

// Adds the directory's manifests in the order of their names, those of its directories in their places.
void add_files_in(const std::string& path, bool recursive, std::vector<std::string>& files) {
    DIR* directory = opendir(path.c_str());
    if (!directory)
        fail({"reading ", path, ": ", std::strerror(errno)});
    std::vector<std::string> names;
    while (const dirent* entry = readdir(directory))
        if (const std::string_view name = entry->d_name; name != "." && name != "..")
            names.emplace_back(name);
    closedir(directory);
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) {
        const std::string file = path + (path.ends_with('/') ? "" : "/") + name;
        struct stat info {};
        // A link to a directory is not followed, as by kubectl: it may lead back up.
        if (recursive && lstat(file.c_str(), &info) == 0 && S_ISDIR(info.st_mode))
            add_files_in(file, recursive, files);
        else if (is_manifest_name(name) && stat(file.c_str(), &info) == 0 && S_ISREG(info.st_mode))
            files.push_back(file);
    }
}

std::vector<std::string> files_in(const std::string& path, bool recursive) {
    std::vector<std::string> files;
    add_files_in(path, recursive, files);
    if (files.empty())
        fail({"error reading [", path, "]: recognized file extensions are [.json .yaml .yml]"});
    return files;
}

std::string read_all(const std::string& name, int fd) {
    std::string text;
    std::array<char, 65536> buffer;
    for (;;) {
        const ssize_t n = read(fd, buffer.data(), buffer.size());
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            fail({"reading ", name, ": ", std::strerror(errno)});
        if (n == 0)
            return text;
        text.append(buffer.data(), static_cast<std::size_t>(n));
        if (text.size() > spec::max_message_bytes)
            fail({"reading ", name, ": more than ", std::to_string(spec::max_message_bytes >> 20), " MiB"});
    }
}

std::vector<std::string> expand_paths(std::span<const std::string> paths, bool recursive) {
    std::vector<std::string> files;
    for (const std::string& path : paths) {
        struct stat info {};
        if (path == "-") {
            files.push_back(path);
        } else if (path.starts_with("http://") || path.starts_with("https://")) {
            fail({"reading ", path, ": podctl does not fetch; try `curl -L ", path, " | podctl apply -f -`"});
        } else if (stat(path.c_str(), &info) != 0) {
            if (errno == ENOENT)
                fail({"the path \"", path, "\" does not exist"});
            fail({"reading ", path, ": ", std::strerror(errno)});
        } else if (S_ISDIR(info.st_mode)) {
            for (std::string& file : files_in(path, recursive))
                files.push_back(std::move(file));
        } else {
            files.push_back(path);
        }
    }
    return files;
}

// The object or, for a List, its objects.
void add_objects(Inputs& inputs, std::string json, InputFile& file, std::size_t document, YamlMark begin = {1, 1}) {
    InputObject whole{.json = std::move(json), .file = &file, .document = document, .pointer = "", .begin = begin};
    const auto value = read_json(whole.json);
    const JsonValue* kind = value ? value->find("kind") : nullptr;
    if (!kind || (kind->text != "List" && kind->text != "PodList")) {
        inputs.objects.push_back(std::move(whole));
        return;
    }
    auto items = spec::list_items(whole.json);
    if (!items) {
        for (const spec::Problem& problem : items.error())
            inputs.problems.push_back(locate(whole, problem));
        return;
    }
    for (std::size_t i = 0; i < items->size(); ++i)
        inputs.objects.push_back({.json = std::move((*items)[i]),
                                  .file = &file,
                                  .document = document,
                                  .pointer = "/items/" + std::to_string(i)});
}

// JSON is YAML too, as far as positions go.
std::vector<YamlDocument> documents_of_json(std::string_view text) {
    std::vector<YamlDocument> documents;
    for (const JsonText& object : split_json(text)) {
        auto read = read_yaml(object.text, object.begin);
        documents.push_back(read && read->size() == 1 ? std::move(read->front()) : YamlDocument({YamlNode{}}));
    }
    return documents;
}

YamlMark position(const InputObject& object, std::string_view pointer) {
    auto& documents = object.file->documents;
    if (!documents)
        documents = documents_of_json(object.file->text);
    if (object.document >= documents->size())
        return {};
    return (*documents)[object.document].locate(object.pointer + std::string(pointer));
}

// Takes the file as JSON if it is meant to be that.
bool add_json(Inputs& inputs, InputFile& file) {
    const std::vector<JsonText> objects = split_json(file.text);
    const std::size_t first = file.text.find_first_not_of(" \t\r\n");
    if (objects.empty() && file.name.ends_with(".json") && first != file.text.npos && file.text[first] == '{') {
        add_objects(inputs, file.text, file, 0); // what is wrong with it is told by those who read it
        return true;
    }
    // One object alone may also be a flow mapping of YAML.
    if (objects.empty() || (objects.size() == 1 && !file.name.ends_with(".json") && !read_json(objects[0].text)))
        return false;
    for (std::size_t i = 0; i < objects.size(); ++i)
        add_objects(inputs, std::string(objects[i].text), file, i, objects[i].begin);
    return true;
}

} // namespace

InputFile read_file(const std::string& path) {
    if (path == "-")
        return {.name = "STDIN", .text = read_all("STDIN", STDIN_FILENO), .documents = {}};
    const Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file)
        fail({"reading ", path, ": ", std::strerror(errno)});
    return {.name = path, .text = read_all(path, file.get()), .documents = {}};
}

void add_file(Inputs& inputs, const std::string& path) {
    InputFile& file = inputs.files.emplace_back(read_file(path));
    if (add_json(inputs, file))
        return;
    const auto report = [&](const spec::Problem& problem) {
        inputs.problems.push_back({file.name, problem.line, problem.column, problem.pointer, problem.message});
    };
    auto documents = read_yaml(file.text);
    if (!documents)
        return report(documents.error());
    file.documents = *std::move(documents);
    for (std::size_t i = 0; i < file.documents->size(); ++i) {
        auto json = (*file.documents)[i].to_json();
        if (json)
            add_objects(inputs, *std::move(json), file, i);
        else
            report(json.error());
    }
}

Inputs read_inputs(std::span<const std::string> paths, bool recursive) {
    Inputs inputs;
    for (const std::string& path : expand_paths(paths, recursive))
        add_file(inputs, path);
    return inputs;
}

std::vector<std::string> Inputs::errors() const {
    std::vector<std::string> lines;
    for (const Located& problem : problems)
        lines.push_back(to_text(problem));
    return lines;
}

Located locate(const InputObject& object, const spec::Problem& problem) {
    Located located{object.file->name, problem.line, problem.column, object.pointer + problem.pointer, problem.message};
    if (problem.line != 0) {
        located.column += problem.line == 1 ? object.begin.column - 1 : 0;
        located.line += object.begin.line - 1;
    }
    if (!problem.pointer.empty() || problem.line == 0) {
        const YamlMark mark = position(object, problem.pointer);
        located.line = mark.line;
        located.column = mark.column;
    }
    return located;
}

std::string to_text(const Located& located) {
    std::string text = located.file + ':';
    if (located.line != 0)
        text += std::to_string(located.line) + ':' + std::to_string(located.column) + ':';
    text += ' ';
    if (!located.pointer.empty())
        text += located.pointer + ": ";
    return text + located.message;
}

std::string to_text(const InputObject& object, const spec::Problem& problem) {
    return to_text(locate(object, problem));
}

} // namespace ctl
