// SPDX-License-Identifier: Apache-2.0
#include "initd/role_mains.hpp"

#include "initd/files.hpp"
#include "ns/fd.hpp"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <linux/module.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace initd {
namespace {

constexpr std::size_t max_index_bytes = 16u << 20; // a distribution's modules.dep has about 0.5 MB

// "kernel/drivers/net/virtio_net.ko.xz" -> "virtio_net"
std::string_view module_name(std::string_view file) {
    file = file.substr(file.rfind('/') + 1); // npos + 1 is 0
    return file.substr(0, file.find(".ko"));
}

bool same_module(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](char x, char y) { return (x == '-' ? '_' : x) == (y == '-' ? '_' : y); });
}

std::string_view take_until(std::string_view& text, char end) {
    const std::size_t at = text.find(end);
    const std::string_view taken = text.substr(0, at);
    text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
    return taken;
}

// "MODULE: DEPENDENCY...", all of them, also indirect ones, each before what it needs itself (depmod; libkmod reads the
// list from its end).
void append_line(std::vector<std::string_view>& files, std::string_view file, std::string_view dependencies) {
    std::vector<std::string_view> needed{file};
    while (!dependencies.empty())
        if (const std::string_view one = take_until(dependencies, ' '); !one.empty())
            needed.push_back(one);
    for (auto it = needed.rbegin(); it != needed.rend(); ++it)
        if (std::ranges::find(files, *it) == files.end())
            files.push_back(*it);
}

bool is_builtin(std::string_view modules_builtin, std::string_view name) {
    while (!modules_builtin.empty())
        if (same_module(module_name(take_until(modules_builtin, '\n')), name))
            return true;
    return false;
}

int load(const std::string& path) {
    const ns::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file)
        return errno;
    const int flags = path.ends_with(".ko") ? 0 : MODULE_INIT_COMPRESSED_FILE;
    if (::syscall(SYS_finit_module, file.get(), "", flags) == 0 || errno == EEXIST)
        return 0;
    return errno;
}

} // namespace

ModuleOrder module_order(std::string_view modules_dep, std::string_view modules_builtin,
                         std::span<const std::string_view> names) {
    // In the order of `names`, though the file is read once: it is long and the names are few.
    std::vector<std::string_view> lines(names.size());
    while (!modules_dep.empty()) {
        const std::string_view line = take_until(modules_dep, '\n');
        const std::string_view name = module_name(line.substr(0, line.find(':')));
        for (std::size_t i = 0; i < names.size(); ++i)
            if (same_module(name, names[i]))
                lines[i] = line;
    }
    ModuleOrder order;
    for (std::size_t i = 0; i < names.size(); ++i) {
        std::string_view dependencies = lines[i];
        const std::string_view file = take_until(dependencies, ':');
        if (!file.empty())
            append_line(order.files, file, dependencies);
        else if (!is_builtin(modules_builtin, names[i]))
            order.unknown.push_back(names[i]);
    }
    return order;
}

int modules_main(const std::string& dir, std::span<char* const> names) {
    const auto dep = read_file(dir + "/modules.dep", max_index_bytes);
    if (!dep)
        return complain(dir + "/modules.dep", dep.error().err);
    const auto builtin = read_file(dir + "/modules.builtin", max_index_bytes); // an image may go without
    const std::vector<std::string_view> wanted(names.begin(), names.end());
    const ModuleOrder order = module_order(*dep, builtin ? std::string_view(*builtin) : "", wanted);
    int code = 0;
    for (std::string_view name : order.unknown)
        code = complain(name, "no such module for this kernel");
    for (std::string_view file : order.files) {
        const std::string path = file.starts_with('/') ? std::string(file) : dir + "/" + std::string(file);
        if (const int err = load(path); err != 0)
            code = complain(path, err);
    }
    return code;
}

} // namespace initd
