// SPDX-License-Identifier: Apache-2.0
#include "ns/inherited.hpp"

#include <csignal>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace ns {
namespace {

CapabilitySets own_capabilities() {
    CapabilitySets sets{.bounding = 0, .permitted = 0};
    for (unsigned capability = 0; capability < 64; ++capability) {
        const int has = prctl(PR_CAPBSET_READ, capability, 0, 0, 0);
        if (has < 0)
            break; // past the kernel's last one
        sets.bounding |= static_cast<std::uint64_t>(has) << capability;
    }
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3]{};
    if (syscall(SYS_capget, &header, data) == 0) {
        sets.permitted = data[0].permitted | static_cast<std::uint64_t>(data[1].permitted) << 32;
        sets.inheritable = data[0].inheritable | static_cast<std::uint64_t>(data[1].inheritable) << 32;
    }
    return sets;
}

std::uint64_t ignored_signals() {
    std::uint64_t ignored = 0;
    for (int number = 1; number <= 64; ++number) {
        struct sigaction action;
        if (sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN)
            ignored |= 1ull << (number - 1);
    }
    return ignored;
}

} // namespace

Inherited read_inherited() {
    Inherited own;
    uid_t real, effective, saved;
    getresuid(&real, &effective, &saved);
    own.uid = effective;
    own.one_user = real == effective && saved == effective;
    getresgid(&real, &effective, &saved);
    own.gid = effective;
    own.one_group = real == effective && saved == effective;
    if (const int count = getgroups(0, nullptr); count > 0) {
        own.groups.resize(static_cast<std::size_t>(count));
        if (getgroups(count, own.groups.data()) != count)
            own.groups.clear();
    }
    own.capabilities = own_capabilities();
    own.ignored_signals = ignored_signals();
    rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur == files.rlim_max)
        own.open_files = files.rlim_cur;
    own.umask = ::umask(0);
    ::umask(own.umask);
    char directory[2];
    own.at_root = getcwd(directory, sizeof directory) != nullptr; // ERANGE: any other is longer
    return own;
}

} // namespace ns
