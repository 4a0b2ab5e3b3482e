// SPDX-License-Identifier: Apache-2.0
#include "initd/images.hpp"

#include "initd/files.hpp"

#include <algorithm>
#include <charconv>
#include <sys/stat.h>

namespace initd {

namespace {

constexpr std::size_t max_config_bytes = 1u << 20;
constexpr std::size_t max_passwd_bytes = 1u << 20;

// Field `n` of a passwd(5) or group(5) line.
std::string_view field(std::string_view line, std::size_t n) {
    for (; n > 0; --n) {
        auto colon = line.find(':');
        if (colon == line.npos)
            return {};
        line.remove_prefix(colon + 1);
    }
    return line.substr(0, line.find(':'));
}

std::optional<std::uint32_t> number(std::string_view text) {
    std::uint32_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || text.empty())
        return std::nullopt;
    return value;
}

// The first line for which `want` says yes; empty when there is none.
template <class Want>
std::string_view find_line(std::string_view file, Want want) {
    while (!file.empty()) {
        auto line = file.substr(0, file.find('\n'));
        if (want(line))
            return line;
        file.remove_prefix(std::min(file.size(), line.size() + 1));
    }
    return {};
}

bool lists(std::string_view members, std::string_view name) {
    while (!members.empty()) {
        auto member = members.substr(0, members.find(','));
        if (member == name)
            return true;
        members.remove_prefix(std::min(members.size(), member.size() + 1));
    }
    return false;
}

} // namespace

std::expected<Image, ImageFailure> find_image(std::span<const std::string> directories, std::string_view name) {
    if (name == host_image)
        return Image{};
    if (!spec::valid_image_name(name))
        return std::unexpected(ImageFailure{"InvalidImageName", "\"" + std::string(name) + "\" is no image name"});
    for (const std::string& directory : directories) {
        std::string base = directory + "/" + std::string(name);
        Image image;
        image.rootfs = base + "/rootfs";
        struct stat st {};
        if (stat(image.rootfs.c_str(), &st) != 0 || !S_ISDIR(st.st_mode))
            continue;
        std::string path = base + "/config.json";
        auto text = read_file(path, max_config_bytes);
        if (!text && text.error().err == ENOENT)
            return image;
        if (!text)
            return std::unexpected(ImageFailure{"ImageInspectError", path + ": " + ns::to_text(text.error())});
        auto config = spec::read_image_config(*text);
        if (!config)
            return std::unexpected(ImageFailure{"ImageInspectError", spec::to_text(path, config.error().front())});
        image.config = std::move(*config);
        return image;
    }
    std::string searched;
    for (const std::string& directory : directories)
        searched += (searched.empty() ? "" : ", ") + directory;
    return std::unexpected(ImageFailure{"ErrImageNeverPull", "Container image \"" + std::string(name) +
                                                                 "\" is not present in the image store (" + searched +
                                                                 "), and images are never pulled"});
}

std::expected<Identity, std::string> find_identity(std::string_view rootfs, std::string_view user) {
    Identity who;
    if (user.empty() || user == "0") {
        who.home = "/root"; // not worth reading a file for at every start
        return who;
    }
    auto colon = user.find(':');
    std::string_view name = user.substr(0, colon);
    std::string_view group = colon == user.npos ? std::string_view{} : user.substr(colon + 1);

    std::string passwd = read_file_in_root(rootfs, "etc/passwd", max_passwd_bytes).value_or("");
    auto uid = name.empty() ? std::optional<std::uint32_t>(0) : number(name);
    std::string_view entry = find_line(
        passwd, [&](std::string_view line) { return uid ? number(field(line, 2)) == uid : field(line, 0) == name; });
    if (!uid) {
        uid = number(field(entry, 2));
        if (!uid)
            return std::unexpected("no user \"" + std::string(name) + "\" in the image's /etc/passwd");
    }
    who.uid = *uid;
    if (!entry.empty()) {
        who.gid = number(field(entry, 3)).value_or(0);
        if (!field(entry, 5).empty())
            who.home = field(entry, 5);
    }

    if (group.empty() && (entry.empty() || who.uid == 0))
        return who;
    std::string groups = read_file_in_root(rootfs, "etc/group", max_passwd_bytes).value_or("");
    if (!group.empty()) {
        auto gid = number(group);
        if (!gid)
            gid = number(field(find_line(groups, [&](std::string_view line) { return field(line, 0) == group; }), 2));
        if (!gid)
            return std::unexpected("no group \"" + std::string(group) + "\" in the image's /etc/group");
        who.gid = *gid;
        return who;
    }
    std::string_view login = field(entry, 0);
    find_line(groups, [&](std::string_view line) {
        if (auto gid = number(field(line, 2)); gid && lists(field(line, 3), login))
            who.groups.push_back(*gid);
        return false;
    });
    return who;
}

} // namespace initd
