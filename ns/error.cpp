// SPDX-License-Identifier: Apache-2.0
#include "ns/error.hpp"

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
    case Step::Pipe: return "making a pipe";
    }
    return "starting";
}

std::string to_text(const Error& error) {
    std::string text = to_text(error.step);
    text += ": ";
    const char* description = strerrordesc_np(error.err);
    text += description ? description : "unknown error";
    text += " (";
    const char* name = strerrorname_np(error.err);
    text += name ? name : "E?";
    text += ')';
    return text;
}

} // namespace ns
