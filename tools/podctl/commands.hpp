// SPDX-License-Identifier: Apache-2.0
// The verbs. Each takes what the command line said as a value, does its work and gives the exit code; Failure is
// thrown.
#pragma once

#include "spec/control.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace ctl {

struct Common {
    std::string socket = "/run/podinit/control.sock";
    std::string namespace_; // as given; empty: not given
    std::string namespace_or_default() const { return namespace_.empty() ? "default" : namespace_; }
};

struct ApplyOptions {
    enum class Mode : std::uint8_t { Apply, Create, Replace };
    Mode mode = Mode::Apply;
    std::vector<std::string> files;
    bool recursive = false;
    std::string dry_run = "none"; // none | client | server
    std::string output;           // "" | name | json | yaml
    bool transient = false;
    bool wait = false;
    std::string timeout = "60s"; // a Go duration
    bool rollback = false;
};
int run_apply(const Common& common, const ApplyOptions& options);

struct DiffOptions {
    std::vector<std::string> files;
    bool recursive = false;
};
int run_diff(const Common& common, const DiffOptions& options); // 0: no difference, 1: some, 2: an error

struct DeleteOptions {
    std::vector<std::string> args;
    std::vector<std::string> files;
    bool recursive = false;
    std::string selector;
    std::string grace_period; // seconds; empty or negative: the pod's own
    bool now = false;
    bool all = false;
    bool wait = true;
    bool ignore_not_found = false;
};
int run_delete(const Common& common, const DeleteOptions& options);

struct GetOptions {
    std::vector<std::string> args;
    std::string output; // "" | wide | json | yaml | name
    std::string selector;
    bool all_namespaces = false;
    bool ignore_not_found = false;
    bool no_headers = false;
    bool show_labels = false;
};
int run_get(const Common& common, const GetOptions& options);
int run_describe(const Common& common, const GetOptions& options);

struct EventsOptions {
    std::string about; // TYPE/NAME
    std::vector<std::string> types;
    std::string output; // "" | json | yaml
    bool all_namespaces = false;
    bool watch = false;
    bool no_headers = false;
};
int run_events(const Common& common, const EventsOptions& options);

struct ExecOptions {
    std::string pod;
    std::string container;
    std::vector<std::string> command;
    bool in = false;
    bool tty = false;
    bool quiet = false;
};
int run_exec(const Common& common, const ExecOptions& options);

struct LogsOptions {
    std::string pod;
    std::string container;
    std::string tail = "-1"; // lines; negative: all
    std::string since;       // a Go duration; empty: from the begin
    std::string since_time;  // RFC 3339, instead
    std::string limit_bytes; // empty: all
    bool follow = false;
    bool previous = false;
    bool timestamps = false;
};
int run_logs(const Common& common, const LogsOptions& options);

struct RestartOptions {
    std::string pod;
    std::string container;
};
int run_restart(const Common& common, const RestartOptions& options);

// The words: a pod, then TYPE=STATUS or TYPE- of its readiness gates.
int run_set_condition(const Common& common, const std::vector<std::string>& words);

struct CheckOptions {
    std::vector<std::string> files;   // or directories, or "-"
    std::vector<std::string> configs; // files like the machine's config.json
    std::vector<std::string> images;  // directories like the machine's image store
    std::string output;               // "" | json
    bool recursive = false;
    bool boot = false;   // every file is meant for a manifest directory
    bool strict = false; // a warning counts as an error
};
int run_check(const CheckOptions& options);

struct ExplainOptions {
    std::vector<std::string> args;
    std::string output = "plaintext"; // plaintext | markdown | json-schema
    bool recursive = false;
};
int run_explain(const ExplainOptions& options);

struct NodeOptions {
    std::vector<std::string> words; // none, "confirm" or "reexec"
    std::string binary;             // for reexec; empty: what is where podinit was started from
};
int run_node(const Common& common, const NodeOptions& options);
int run_power(const Common& common, spec::PowerAction action);
int run_version(const Common& common, bool client_only);

} // namespace ctl
