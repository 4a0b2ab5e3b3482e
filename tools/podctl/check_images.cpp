// SPDX-License-Identifier: Apache-2.0
#include "spec/image.hpp"
#include "tools/podctl/check.hpp"
#include "tools/podctl/fd.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

namespace ctl {

namespace {

using spec::Severity;

constexpr std::string_view host_image = "host"; // the machine's own root file system, in no store
constexpr std::size_t max_depth = 16;           // a name has fewer slashes

struct Images {
    std::set<std::string, std::less<>> names;
    std::size_t stores = 0;
};

bool is_directory(const std::string& path) {
    struct stat info {};
    return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

// "squashfs", "erofs" or "".
std::string_view file_system_in(const std::string& path) {
    const Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    std::array<char, 1028> head{};
    if (!file || read(file.get(), head.data(), head.size()) < 4)
        return "";
    if (std::memcmp(head.data(), "hsqs", 4) == 0)
        return "squashfs";
    return std::memcmp(head.data() + 1024, "\xe2\xe1\xf5\xe0", 4) == 0 ? "erofs" : "";
}

void check_image(const std::string& path, const std::string& name, Images& images, CheckReport& report) {
    const auto error = [&](const std::string& file, std::string message) {
        report.add({.file = file, .message = std::move(message)}, Severity::Error);
    };
    if (name == host_image)
        error(path, "the name \"host\" means the machine's own root file system: this image is never used");
    else if (!spec::valid_image_name(name))
        error(path, "\"" + name + "\" is no image name, so no pod can name it");
    images.names.insert(name);
    const std::string config = path + "/config.json";
    if (access(config.c_str(), F_OK) != 0 && errno == ENOENT)
        return;
    InputFile file;
    try {
        file = read_file(config);
    } catch (const Failure& failure) {
        return report.add_unreadable(config, failure);
    }
    const auto read = spec::read_image_config(file.text);
    if (!read)
        for (const spec::Problem& problem : read.error())
            report.add({config, problem.line, problem.column, problem.pointer, problem.message}, problem.severity);
}

// An image is a directory that holds rootfs/; its name is its path in the store.
void walk(const std::string& path, const std::string& name, std::size_t depth, Images& images, CheckReport& report) {
    if (is_directory(path + "/rootfs"))
        return check_image(path, name, images, report);
    DIR* directory = opendir(path.c_str());
    if (!directory || depth == max_depth) {
        const std::string why =
            directory ? "nested too deeply" : std::string("cannot be read: ") + std::strerror(errno);
        if (directory)
            closedir(directory);
        return report.add({.file = path, .message = why}, Severity::Error);
    }
    std::vector<std::string> names;
    while (const dirent* entry = readdir(directory))
        if (entry->d_name[0] != '.')
            names.emplace_back(entry->d_name);
    closedir(directory);
    std::ranges::sort(names);
    bool deeper = depth == 0;
    for (const std::string& each : names) {
        const std::string below = path + '/' + each;
        if (is_directory(below)) {
            walk(below, name.empty() ? each : name + '/' + each, depth + 1, images, report);
            deeper = true;
        } else if (const std::string_view system = file_system_in(below); !system.empty()) {
            report.add(
                {.file = below,
                 .message = std::string(system) + " images are not read by this version: unpack it as NAME/rootfs"},
                Severity::Warning);
        }
    }
    if (!deeper)
        report.add({.file = path, .message = "no image: it holds no directory rootfs"}, Severity::Warning);
}

void check_containers(const CheckedObject& object, std::string_view list, std::span<const spec::Container> containers,
                      const Images& images, CheckReport& report) {
    for (std::size_t i = 0; i < containers.size(); ++i) {
        const std::string& image = containers[i].image;
        if (image == host_image || images.names.contains(image))
            continue;
        report.add(
            locate(*object.input,
                   {.pointer = object.pod_pointer() + "/spec/" + std::string(list) + '/' + std::to_string(i) + "/image",
                    .message = "image \"" + image + "\" is not in the image store, and images are never pulled"}),
            Severity::Error);
    }
}

} // namespace

void check_images(std::span<const std::string> stores, std::span<const CheckedObject> objects, CheckReport& report) {
    Images images;
    for (const std::string& store : stores)
        walk(store, "", 0, images, report);
    for (const CheckedObject& object : objects) {
        if (object.object.pods.empty())
            continue;
        const spec::PodSpec& pod = object.object.pods.front().pod.spec; // all pods of a workload have the same
        check_containers(object, "initContainers", pod.init_containers, images, report);
        check_containers(object, "containers", pod.containers, images, report);
    }
}

} // namespace ctl
