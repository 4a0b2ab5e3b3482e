// SPDX-License-Identifier: Apache-2.0
// errno alone does not say where: every failure in ns/ names the step at which the kernel said no.
#pragma once

#include <cstdint>
#include <string>

namespace ns {

enum class Step : std::uint8_t {
    None,
    Clone,          // clone3
    JoinPid,        // setns into a PID namespace
    JoinNamespaces, // setns into network, IPC, UTS, mount
    MakeNetwork,    // unshare(CLONE_NEWNET)
    MakeIpc,        // unshare(CLONE_NEWIPC)
    MakeUts,        // unshare(CLONE_NEWUTS)
    ReturnHome,     // setns back into the machine's own namespaces
    LoopbackUp,
    Hostname,
    PrivateMounts, // mount("/", MS_REC|MS_PRIVATE)
    OpenSource,    // what a volume mounts
    RootImage,     // the image's directory
    RootOverlay,   // overlayfs over it
    PivotRoot,
    Mount,    // a mount inside the container
    MakePath, // a directory, file, link or node inside the container
    Terminal, // pseudo-terminal
    Session,  // setsid, controlling terminal
    Limits,   // prlimit
    Capabilities,
    Groups,
    User,
    NoNewPrivileges,
    WorkingDirectory,
    StandardStreams,
    Exec,
    Open, // a plain file operation of PID 1 itself
    Bind,  // of a socket to an address
    Watch, // inotify
    Write,
    Pipe,
};

struct Error {
    int err = 0; // errno
    Step step = Step::None;
};

// "joining namespaces", "mounting", ...: a phrase that fits "while ...".
const char* to_text(Step step) noexcept;
// "mounting: No such file or directory (ENOENT)"; for a namespace also which feature the kernel may have been built
// without.
std::string to_text(const Error& error);

} // namespace ns
