// SPDX-License-Identifier: Apache-2.0
// A Plan says everything about a process before it exists: what it runs, as whom, in which namespaces, on which mounts.
//
// It is a plain value, computed without privilege and without touching the kernel, so tests assert on plans.
// Launcher::launch() carries it out. Borrowed descriptors (int) must stay open until the launch is reported.
#pragma once

#include "ns/error.hpp"

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace ns {

// Which later mounts pass between a source on the machine and where it is placed. Anything but Private needs the
// machine's own mount to be shared (mount_namespaces(7)).
enum class Propagation : std::uint8_t {
    Private,
    Slave,  // those of the machine show up in the container
    Shared, // and those of the container on the machine
};

inline constexpr gid_t keep_group = static_cast<gid_t>(-1);

// Opened (open_tree, OPEN_TREE_CLONE) in the machine's own view, before the root changes.
struct Source {
    enum class Kind : std::uint8_t { Any, Directory, File, Socket, CharDevice, BlockDevice };
    std::string path;      // absolute, on the machine
    std::string sub_path;  // below it, resolved without leaving it (openat2 RESOLVE_BENEATH); empty: itself
    Kind kind = Kind::Any; // another kind is ENOTDIR or EINVAL
    bool create = false; // make what is missing: a file for Kind::File (parent not made), else a directory and parents
    mode_t create_mode = 0755;       // of that file or directory; umask does not apply. Parents are 0755
    gid_t create_group = keep_group; // of that directory, which then passes it on (setgid)
    bool recursive = true;           // with the mounts below it
    Propagation propagation = Propagation::Private;
};

// Done in order in the child after the root has changed; paths are absolute inside the container and cannot leave it.
struct Setup {
    enum class Op : std::uint8_t {
        Directory, // make `target` with `mode`, and its parents; an existing directory is fine
        File,      // make an empty file, and its parents
        Symlink,   // `target` -> `source`; an existing name is left as it is
        Node,      // mknod `target`, `mode` holds type and permissions, `device`
        Mount,     // mount a new `fstype` with `data` and `flags` (mount(2)) on `target`
        Place,     // put opened Source number `index` on `target`, made if missing, with `flags` (below)
        Bind,      // bind `source` (inside) on `target`, with `flags`
        Mask,      // hide `target`: an empty read-only tmpfs over a directory, /dev/null over a file; missing is fine
        ReadOnly,  // make `target` and what is below read-only; missing is fine
    };
    Op op = Op::Directory;
    std::string target;
    std::string source; // Symlink: what it says; Bind: path inside
    std::string fstype;
    std::string data;
    std::uint64_t flags = 0; // Place, Bind: MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC; with MS_REC below `target` too
    mode_t mode = 0755;
    dev_t device = 0;
    std::uint32_t index = 0;
    bool optional = false; // a failure is passed over
};

struct CapabilitySets { // bit n is capability n (capability.h)
    std::uint64_t bounding = ~0ull;
    std::uint64_t permitted = ~0ull; // and effective
    std::uint64_t inheritable = 0;
    std::uint64_t ambient = 0;
    friend bool operator==(const CapabilitySets&, const CapabilitySets&) = default;
};

// A descriptor that the program gets beside its streams.
struct PassedFd {
    int fd = -1;    // borrowed
    int number = 3; // under which the program finds it: 3 or above, each given once
};

struct Plan {
    Plan();
    Plan(const Plan&);
    Plan(Plan&&) noexcept;
    Plan& operator=(const Plan&);
    Plan& operator=(Plan&&) noexcept;
    ~Plan(); // in plan.cpp, as the others: so many members would be destroyed anew in every function that has a plan

    // What runs. `programs` are tried in order as execvp(3) tries a PATH: ENOENT, ENOTDIR and EACCES go on to the next.
    std::vector<std::string> programs;
    std::vector<std::string> argv;
    std::vector<std::string> env;     // "NAME=value"
    std::vector<std::string> pid_env; // names of variables that hold the program's pid, as it sees it itself
    std::string working_dir;          // empty: "/"; made when missing, entered as root, as the container runtimes do

    // Namespaces. create_*: new ones, create_cgroup rooted in `cgroup`. join_*: descriptors of /proc/PID/ns/*; -1: the
    // machine's own.
    bool create_mount = false;
    bool create_pid = false;
    bool create_cgroup = false;
    int join_net = -1;
    int join_ipc = -1;
    int join_uts = -1;
    int join_pid = -1; // namespace descriptor or pidfd
    int join_all = -1; // pidfd: mount, network, IPC, UTS and cgroup of that process (exec into a container)
    int cgroup = -1;   // CLONE_INTO_CGROUP, a directory descriptor

    // Mounts; with create_mount only. An empty root_image keeps the machine's root.
    std::vector<Source> sources;
    std::string root_image;    // directory on the machine
    bool root_overlay = false; // a writable layer over it, gone with the mount namespace
    std::string overlay_size;  // tmpfs size= of that layer; empty: the kernel's default
    bool root_read_only = false;
    std::vector<Setup> setup;

    // Who it is.
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups;
    CapabilitySets capabilities; // only applied when `limit_capabilities`
    bool limit_capabilities = false;
    bool no_new_privileges = false;

    // Terminal and streams. A session of its own always (setsid).
    int stdin_fd = -1, stdout_fd = -1, stderr_fd = -1; // -1: /dev/null
    bool controlling_terminal = false; // make stdin the controlling terminal (TIOCSCTTY, stolen if need be)
    int terminal_socket = -1;          // open a new pseudo-terminal in the container, use it for 0-2 as the controlling
                                       // terminal and send its master over this socket (SCM_RIGHTS, one byte of data)
    std::vector<PassedFd> passed;
    mode_t umask = 0022;
    std::int32_t oom_score_adj = 0;     // 0: inherit. Anything else costs the launch a copy of PID 1's page tables
    std::uint64_t open_files = 1048576; // RLIMIT_NOFILE, as the container runtimes set it, where we may; 0: inherit
};

} // namespace ns
