// SPDX-License-Identifier: Apache-2.0
#include "ns/error.hpp"

#include <cerrno>
#include <cstring>

namespace ns {

const char* to_text(Step step) noexcept {
    switch (step) {
    case Step::None: return "starting";
    case Step::Clone: return "making the process";
    case Step::JoinPid: return "joining the PID namespace";
    case Step::JoinNamespaces: return "joining namespaces";
    case Step::MakeNetwork: return "making a network namespace";
    case Step::MakeIpc: return "making an IPC namespace";
    case Step::MakeUts: return "making a UTS namespace";
    case Step::ReturnHome: return "returning to the machine's namespaces";
    case Step::LoopbackUp: return "bringing loopback up";
    case Step::Hostname: return "setting the hostname";
    case Step::PrivateMounts: return "making a mount namespace";
    case Step::OpenSource: return "opening a volume's source";
    case Step::RootImage: return "opening the image";
    case Step::RootOverlay: return "making the image's writable layer (overlay)";
    case Step::PivotRoot: return "changing the root";
    case Step::Mount: return "mounting";
    case Step::MakePath: return "making a mount point";
    case Step::Terminal: return "opening a terminal";
    case Step::Session: return "starting a session";
    case Step::Limits: return "setting limits";
    case Step::Capabilities: return "setting capabilities";
    case Step::Groups: return "setting groups";
    case Step::User: return "setting the user";
    case Step::NoNewPrivileges: return "setting no_new_privs";
    case Step::WorkingDirectory: return "entering the working directory";
    case Step::StandardStreams: return "connecting standard streams";
    case Step::Exec: return "executing the program";
    case Step::Open: return "opening a file";
    case Step::Bind: return "binding a socket";
    case Step::Watch: return "watching a directory";
    case Step::Write: return "writing a file";
    case Step::Pipe: return "making a pipe";
    }
    return "starting";
}

namespace {

// What a kernel that was built without it says EINVAL or ENOSYS to. A kernel says so for no other reason where this
// makes a namespace; where it joins one, or makes a process, there may be others.
const char* feature_of(Step step) noexcept {
    switch (step) {
    case Step::MakeNetwork: return "network namespaces (CONFIG_NET_NS)";
    case Step::MakeIpc: return "IPC namespaces (CONFIG_IPC_NS)";
    case Step::MakeUts: return "UTS namespaces (CONFIG_UTS_NS)";
    case Step::Clone:
    case Step::JoinPid: return "PID namespaces (CONFIG_PID_NS)";
    case Step::JoinNamespaces: return "network, IPC and UTS namespaces (CONFIG_NAMESPACES)";
    case Step::PrivateMounts: return "cgroup namespaces (CONFIG_CGROUPS)";
    case Step::None:
    case Step::ReturnHome:
    case Step::LoopbackUp:
    case Step::Hostname:
    case Step::OpenSource:
    case Step::RootImage:
    case Step::RootOverlay:
    case Step::PivotRoot:
    case Step::Mount:
    case Step::MakePath:
    case Step::Terminal:
    case Step::Session:
    case Step::Limits:
    case Step::Capabilities:
    case Step::Groups:
    case Step::User:
    case Step::NoNewPrivileges:
    case Step::WorkingDirectory:
    case Step::StandardStreams:
    case Step::Exec:
    case Step::Open:
    case Step::Bind:
    case Step::Watch:
    case Step::Write:
    case Step::Pipe: return nullptr;
    }
    return nullptr;
}

} // namespace

std::string to_text(const Error& error) {
    std::string text = to_text(error.step);
    text += ": ";
    const char* description = strerrordesc_np(error.err);
    text += description ? description : "unknown error";
    text += " (";
    const char* name = strerrorname_np(error.err);
    text += name ? name : "E?";
    text += ')';
    if (const char* feature = feature_of(error.step); feature && (error.err == EINVAL || error.err == ENOSYS))
        text.append(": the kernel may lack ").append(feature);
    return text;
}

} // namespace ns
