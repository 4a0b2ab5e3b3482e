// SPDX-License-Identifier: Apache-2.0
// check: what podinit would say of manifests, a config.json and an image store, without a podinit.
#include "tools/podctl/check.hpp"

#include "spec/config.hpp"
#include "tools/podctl/commands.hpp"
#include "tools/podctl/output.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <sys/stat.h>

namespace ctl {

namespace {

using spec::Severity;

struct Source {
    std::string path;
    std::size_t directory = 0; // from 1 on; 0: named itself
};

bool is_yaml_name(std::string_view name) {
    return name.ends_with(".yaml") || name.ends_with(".yml");
}

std::vector<std::string> names_in(const std::string& path) {
    DIR* directory = opendir(path.c_str());
    if (!directory)
        fail({"reading ", path, ": ", std::strerror(errno)});
    std::vector<std::string> names;
    while (const dirent* entry = readdir(directory))
        if (entry->d_name[0] != '.') // as podinit: installers' and editors' temporary files
            names.emplace_back(entry->d_name);
    closedir(directory);
    std::ranges::sort(names);
    return names;
}

// A directory is read as the machine reads it: *.json, and, unless asked for, nothing deeper.
void add_directory(const std::string& path, std::size_t number, bool recursive, std::vector<Source>& sources,
                   CheckReport& report) {
    for (const std::string& name : names_in(path)) {
        const std::string file = path + (path.ends_with('/') ? "" : "/") + name;
        struct stat info {};
        if (recursive && lstat(file.c_str(), &info) == 0 && S_ISDIR(info.st_mode))
            add_directory(file, number, recursive, sources, report);
        else if (name.ends_with(".json"))
            sources.push_back({file, number});
        else
            report.add({.file = file,
                        .message = is_yaml_name(name) ? "passed over: in its directories podinit reads *.json only; "
                                                        "name the file to check it all the same"
                                                      : "passed over: in its directories podinit reads *.json only"},
                       Severity::Warning);
    }
}

std::vector<Source> find_sources(const CheckOptions& options, CheckReport& report) {
    std::vector<Source> sources;
    std::size_t directories = 0;
    for (const std::string& path : options.files) {
        struct stat info {};
        if (path != "-" && stat(path.c_str(), &info) != 0)
            fail({"reading ", path, ": ", std::strerror(errno)});
        if (path == "-" || !S_ISDIR(info.st_mode)) {
            sources.push_back({path, 0});
            continue;
        }
        const std::size_t before = sources.size();
        add_directory(path, ++directories, options.recursive, sources, report);
        if (sources.size() == before)
            report.add({.file = path, .message = "holds no manifest: podinit reads *.json"}, Severity::Error);
    }
    return sources;
}

// A file of a manifest directory is one JSON document of one object.
void check_boot_file(const std::string& path, const Inputs& inputs, std::size_t first, CheckReport& report) {
    const auto add = [&](std::string message) {
        report.add({.file = path, .message = std::move(message)}, Severity::Error);
    };
    if (!path.ends_with(".json"))
        add("in its directories podinit reads *.json only");
    if (first == inputs.objects.size())
        return;
    const InputObject& last = inputs.objects.back();
    if (!inputs.objects[first].pointer.empty())
        add("a manifest of a directory holds one object, not a List");
    else if (last.document > 0)
        add("a manifest of a directory holds one document, not " + std::to_string(last.document + 1));
}

// What is wrong with a file as such, and its objects.
void read_source(const Source& source, bool boot, Inputs& inputs, CheckReport& report) {
    const std::size_t first_object = inputs.objects.size();
    const std::size_t first_problem = inputs.problems.size();
    try {
        add_file(inputs, source.path);
    } catch (const Failure& failure) {
        return report.add_unreadable(source.path, failure);
    }
    for (std::size_t i = first_problem; i < inputs.problems.size(); ++i)
        report.add(inputs.problems[i], Severity::Error);
    if (boot || source.directory != 0)
        check_boot_file(inputs.files.back().name, inputs, first_object, report);
    if (first_object == inputs.objects.size() && first_problem == inputs.problems.size())
        report.add({.file = inputs.files.back().name, .message = "holds no object"}, Severity::Error);
}

std::vector<CheckedObject> read_objects(const Inputs& inputs, std::span<const std::size_t> directories,
                                        CheckReport& report) {
    std::vector<CheckedObject> objects;
    for (std::size_t i = 0; i < inputs.objects.size(); ++i) {
        const InputObject& input = inputs.objects[i];
        auto object = spec::read_object(input.json);
        const bool ignored = object && object->kind == spec::Kind::Ignored;
        for (spec::Problem problem : object ? object->warnings : object.error()) {
            if (ignored && problem.pointer.empty()) // nothing else in the line says which object it is
                problem.message.insert(0, object->resource + " \"" + object->metadata.name + "\": ");
            report.add(locate(input, problem), problem.severity);
        }
        if (object)
            objects.push_back({*std::move(object), &input, directories[i]});
    }
    return objects;
}

void check_config(const std::string& path, CheckReport& report) {
    InputFile file;
    try {
        file = read_file(path);
    } catch (const Failure& failure) {
        return report.add_unreadable(path, failure);
    }
    const auto config = spec::read_config(file.text, spec::Config());
    if (config)
        return;
    // No object, but its lines are found as an object's are.
    const InputObject whole{.json = file.text, .file = &file, .document = 0, .pointer = ""};
    for (const spec::Problem& problem : config.error())
        report.add(locate(whole, problem), problem.severity);
}

void order(const Inputs& inputs, CheckReport& report) {
    const auto place = [&](const Finding& finding) {
        const auto file = std::ranges::find(inputs.files, finding.place.file, &InputFile::name);
        return std::pair(file - inputs.files.begin(), finding.place.line);
    };
    std::ranges::stable_sort(report.findings, {}, place);
}

} // namespace

int run_check(const CheckOptions& options) {
    if (options.files.empty() && options.configs.empty() && options.images.empty())
        fail({"must specify -f, --config or --images"});
    if (!options.output.empty() && options.output != "json")
        fail({"unable to match a printer suitable for the output format \"", options.output,
              "\", allowed formats are: json"});
    CheckReport report;
    Inputs inputs;
    std::vector<std::size_t> directories; // of each object
    for (const Source& source : find_sources(options, report)) {
        read_source(source, options.boot, inputs, report);
        directories.resize(inputs.objects.size(), source.directory);
    }
    report.files = inputs.files.size() + options.configs.size();
    report.objects = inputs.objects.size();
    const std::vector<CheckedObject> objects = read_objects(inputs, directories, report);
    check_across(objects, report);
    if (!options.images.empty())
        check_images(options.images, objects, report);
    for (const std::string& path : options.configs)
        check_config(path, report);
    order(inputs, report);
    print({options.output == "json" ? report.json() : report.text()});
    const bool fine = report.count(Severity::Error) == 0 && (!options.strict || report.count(Severity::Warning) == 0);
    return fine ? 0 : 1;
}

} // namespace ctl
