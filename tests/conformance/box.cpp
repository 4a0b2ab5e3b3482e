// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/box.hpp"

#include <filesystem>
#include <fstream>

namespace conformance {

namespace fs = std::filesystem;

std::string make_box(Row& row, const std::string& config) {
    const std::string image = row.dir("images/box"), root = image + "/rootfs";
    for (const char* dir : {"bin", "etc", "tmp"})
        fs::create_directories(fs::path(root) / dir);
    fs::copy_file("/bin/busybox", root + "/bin/busybox");
    for (const char* applet : {"sh", "cat", "echo", "env", "hostname", "id", "ls", "ps", "sleep", "touch"})
        fs::create_symlink("busybox", fs::path(root) / "bin" / applet);
    std::ofstream(root + "/etc/passwd") << "root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000::/:/bin/sh\n";
    std::ofstream(root + "/etc/group") << "root:x:0:\nalice:x:1000:\nfriends:x:50000:alice\n";
    if (!config.empty())
        std::ofstream(image + "/config.json") << R"({"architecture": "amd64", "os": "linux", "config": {)" + config +
                                                     R"(}, "rootfs": {"type": "layers", "diff_ids": []}})";
    return root;
}

std::string box_runs(const std::string& name, const std::string& script, const std::string& more) {
    return "{" + fields({R"("name": ")" + name + R"(", "image": "box")", initd::script(script), more}) + "}";
}

std::string refused(Row& row, const std::string& container, const std::string& spec) {
    const auto applied = row.apply({pod_text("p", {}, {runs("c", "true", container)}, spec)}, false, true);
    if (applied)
        return "";
    const auto& problems = applied.error().problems;
    return problems.empty() ? applied.error().message : problems.front().pointer + ": " + problems.front().message;
}

} // namespace conformance
