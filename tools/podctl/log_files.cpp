// SPDX-License-Identifier: Apache-2.0
#include "tools/podctl/log_files.hpp"

#include <algorithm>
#include <dirent.h>
#include <string_view>
#include <sys/stat.h>

namespace ctl {

std::vector<std::string> log_files(const std::string& path) {
    const std::size_t slash = path.rfind('/') + 1; // 0 when there is none
    const std::string directory = slash > 0 ? path.substr(0, slash) : "./";
    const std::string rotated = path.substr(slash) + '.';
    std::vector<std::string> files;
    if (DIR* stream = opendir(directory.c_str())) {
        while (const dirent* entry = readdir(stream))
            if (std::string_view(entry->d_name).starts_with(rotated))
                files.push_back(directory + entry->d_name);
        closedir(stream);
    }
    std::sort(files.begin(), files.end()); // by their time stamps
    if (access(path.c_str(), F_OK) == 0)
        files.push_back(path);
    return files;
}

std::string file_after(const std::string& path, int fd) {
    struct stat open_file {};
    if (fstat(fd, &open_file) != 0)
        return "";
    const std::vector<std::string> files = log_files(path);
    for (std::size_t i = 0; i < files.size(); ++i) {
        struct stat info {};
        if (stat(files[i].c_str(), &info) == 0 && info.st_dev == open_file.st_dev && info.st_ino == open_file.st_ino)
            return i + 1 < files.size() ? files[i + 1] : "";
    }
    return files.empty() ? "" : files.front(); // it has been removed since: the oldest that is left
}

} // namespace ctl
