// SPDX-License-Identifier: Apache-2.0
// What the performer keeps of pods and containers in the state file: which descriptors are theirs, and what is known of
// a run beside its process. A record that names a descriptor is written anew, or dropped, before that is closed.
#pragma once

#include "initd/core_state.hpp"
#include "initd/state/archive.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace initd {

struct ListenerRecord {
    std::uint32_t container = 0;
    std::int32_t socket = -1;
    std::int32_t directory = -1;
    std::string file;
};
template <class Archive>
void fields(Archive& a, Of<ListenerRecord> auto& listener) {
    a(listener.container);
    a(listener.socket);
    a(listener.directory);
    a(listener.file);
}

struct SandboxRecord { // of one that is whole, but for the holder of a shared PID namespace, which is a child
    std::uint32_t generation = 0;
    bool shared_pid = false;
    std::int32_t net = -1;
    std::int32_t ipc = -1;
    std::int32_t uts = -1;
    std::vector<ListenerRecord> listeners;
};
template <class Archive>
void fields(Archive& a, Of<SandboxRecord> auto& sandbox) {
    a(sandbox.generation);
    a(sandbox.shared_pid);
    a(sandbox.net);
    a(sandbox.ipc);
    a(sandbox.uts);
    a.list(sandbox.listeners);
}

struct RunRecord { // from before its process is made
    std::uint32_t generation = 0;
    pid_t pid = -1;
    std::int32_t stop_signal = 0;
    bool has_rules = false; // its exit code may say what follows
    bool reads_log = false; // when it fails without a word
    bool in_cgroup = false;
    bool stop_sent = false; // its stop signal
    std::int32_t stdin_hold = -1;
    std::int32_t terminal = -1; // where its terminal's master comes from, or has not come yet
    std::uint32_t attempt = 0;  // of the terminal
    bool ended = false;         // but for what it has left in its cgroup
    std::int32_t code = 0;      // so
    RestartRule rule{};         // so
};
template <class Archive>
void fields(Archive& a, Of<RunRecord> auto& run) {
    a(run.generation);
    a(run.pid);
    a(run.stop_signal);
    a(run.has_rules);
    a(run.reads_log);
    a(run.in_cgroup);
    a(run.stop_sent);
    a(run.stdin_hold);
    a(run.terminal);
    a(run.attempt);
    a(run.ended);
    a(run.code);
    a.upto(run.rule, RestartRule::RestartAll);
}

} // namespace initd
