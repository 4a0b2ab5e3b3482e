// SPDX-License-Identifier: Apache-2.0
// The control protocol: Varlink (varlink.org) messages as values, for both ends of the socket.
//
// A message is one JSON object and a NUL byte; the NUL is not part of the text that these functions take and return.
// The interface is io.podinit, its definition control_idl(); org.varlink.service is answered too.
#pragma once

#include "spec/pod.hpp"
#include "spec/problem.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace spec {

// A message may be this long; past it the peer is told so and dropped.
inline constexpr std::size_t max_message_bytes = 16u << 20;
inline constexpr std::size_t max_reader_message_bytes = 64u << 10; // from a peer that may only look

// ---- calls ------------------------------------------------------------------------------------------------------

struct GetInfo {};
struct GetInterfaceDescription {
    std::string interface;
};

struct Apply { // all or nothing: the first bad manifest refuses the call
    std::vector<RawJson> manifests;
    bool transient = false; // forget at reboot
    bool dry_run = false;   // validate and compare, change nothing; the reply then shows what would be
    // So long the objects' pods may take to become ready, or to succeed; empty: nobody waits. Needs `more`: a second
    // reply, without items, says what came of it.
    std::optional<std::int64_t> wait_seconds;
    // When they are not ready by then, and stay so for a little while, and the client has waited for it, all is as it
    // was before; so it is when the machine goes down in between.
    bool rollback = false;
};

// A kind of object is called by its resource, as kubectl prints it: "pod", "configmap", "deployment.apps"; "" is "pod".

struct Delete { // replies {state: deleting} with `continues`, then {state: gone}; without `more` only the first
    std::string namespace_;
    std::string name;
    std::optional<std::int64_t> grace_period_seconds; // empty: the pod's own
    std::string resource;
};

// Needs `more`: one reply an object, the last without `continues`; an empty list is one reply without `object`.
// Secrets are for peers that may also change things. The resource "event" lists what has been told of pods (event.hpp).
struct List {
    std::string namespace_; // empty: every namespace
    std::string name;       // empty: every name; of events: the name of the pod that they are about
    std::string resource;
    bool watch = false; // of events: go on with what is told from now on, also again, until the client leaves
};
inline constexpr std::string_view event_resource = "event";

// Runs a process inside a container. File descriptors come with the call (SCM_RIGHTS): with a tty one socket, over
// which the pseudo-terminal's master is sent back with one byte of data; without, stdin, stdout and stderr.
// The reply comes when the process has ended.
struct Exec {
    std::string namespace_;
    std::string name;
    std::string container; // empty: the first one
    std::vector<std::string> command;
    bool tty = false;
    std::string term; // TERM for the process, when tty
};

struct Logs { // where the log files of a container are; the client reads them itself
    std::string namespace_;
    std::string name;
    std::string container; // empty: the first one
    bool previous = false;
};

struct Restart { // stops the container (or all of the pod's) with its grace period and starts it again at once
    std::string namespace_;
    std::string name;
    std::string container; // empty: all
};

struct SetCondition { // of a pod that has a readiness gate of that type; kept until the pod goes or podinit ends
    std::string namespace_;
    std::string name;
    std::string type;
    std::string status; // "True" | "False" | "Unknown"; "": as if nobody had set it
};

struct Node {};

struct Confirm {}; // what is on trial stays; what this boot was not trusted with is used from the next one on

enum class PowerAction : std::uint8_t { PowerOff, Reboot, Halt, Kexec };
struct Power {
    PowerAction action = PowerAction::PowerOff;
};

// PID 1 becomes another program, or the same again, and no container notices. The program is tried first: one that
// would not go on from here is refused.
struct Reexec {
    std::string binary; // empty: what is now where the running one was
};

using Call = std::variant<GetInfo, GetInterfaceDescription, Apply, Delete, List, Exec, Logs, Restart, SetCondition,
                          Node, Confirm, Power, Reexec>;

struct Request {
    Call call;
    bool more = false;
    bool oneway = false;
};

// May a peer that may only look make this call?
bool is_read_only(const Call& call) noexcept;

// ---- replies ----------------------------------------------------------------------------------------------------

struct ServiceInfo {
    std::string vendor, product, version, url;
    std::vector<std::string> interfaces;
};
struct InterfaceDescription {
    std::string description;
};

enum class Outcome : std::uint8_t { Created, Configured, Unchanged, Ignored };
enum class Rollout : std::uint8_t { Progressing, Complete, Incomplete, RolledBack };
struct Applied {
    struct Item {
        std::string namespace_;
        std::string name;
        Outcome outcome = Outcome::Created;
        std::vector<std::string> warnings;
        std::string resource;
        std::optional<RawJson> object; // of a dry run: as it would be kept
    };
    std::vector<Item> items;        // in the order of the call's manifests
    std::optional<Rollout> rollout; // when the call waits
    struct Unready {
        std::string resource;
        std::string namespace_;
        std::string name;
        std::string why;
    };
    std::vector<Unready> unready; // objects, when it is over and they are not as they should be
};

enum class DeleteState : std::uint8_t { Deleting, Gone };
struct Deleted {
    DeleteState state = DeleteState::Deleting;
};
struct Listed {
    std::optional<RawJson> object;
};
struct ExecDone {
    std::int32_t exit_code = 0; // 128 + n when signal n ended it
};
struct LogPath {
    std::string path;   // of the newest file; "" when nothing was written yet
    bool ended = false; // the container's run is over: no more will come
};
struct Restarted {
    std::vector<std::string> containers;
};

struct ConditionSet {};

struct Feature {
    std::string name; // "cgroup2", "overlay", "pid namespaces", ...
    bool present = false;
    std::string detail; // what is missing without it, or the version
};
struct RejectedManifest {
    std::string file;
    std::vector<std::string> problems; // to_text() without the file
};
struct NodeInfo {
    std::string hostname, machine_id, boot_id;
    std::string kernel, architecture, version; // version: podinit's
    std::int64_t uptime_seconds = 0;
    std::int32_t cpus = 0;
    std::int64_t memory_bytes = 0;
    bool pid1 = false;
    std::int32_t pods = 0;
    std::vector<std::string> addresses;
    std::vector<std::string> manifest_dirs;
    std::vector<std::string> image_dirs;
    std::vector<Feature> features;
    std::vector<RejectedManifest> rejected;
    std::vector<std::string> unconfirmed; // what podinit.Confirm would settle, a sentence each
};
struct Confirmed {
    std::vector<std::string> confirmed; // what was open, for people; empty: nothing
};
struct PowerAccepted {};
struct Reexecuted { // sent before it happens; the next call is answered by the other
    std::string version;
};

using Reply = std::variant<ServiceInfo, InterfaceDescription, Applied, Deleted, Listed, ExecDone, LogPath, Restarted,
                           ConditionSet, NodeInfo, Confirmed, PowerAccepted, Reexecuted>;

// ---- errors -----------------------------------------------------------------------------------------------------

// `name` is a full Varlink error name. Those of io.podinit:
//   NotFound {what, name}  Invalid {problems: [{index, pointer, message}]}  Refused {reason}  Failed {reason}
// and of org.varlink.service: InterfaceNotFound, MethodNotFound, InvalidParameter, PermissionDenied, ExpectedMore.
struct ControlError {
    std::string name;
    std::string message; // one line for people
    std::string pointer; // JSON pointer into the parameters, where one is to blame
    struct Item {
        std::int64_t index = 0; // which manifest of the call
        std::string pointer;
        std::string message;
    };
    std::vector<Item> problems; // of Invalid
    std::string what;           // of NotFound: "pod", "container", ...
    std::string subject; // NotFound's name; the interface, method or parameter that org.varlink.service's errors blame
};

ControlError not_found(std::string_view what, std::string_view name);
ControlError refused(std::string_view reason);
ControlError failed(std::string_view reason);
ControlError out_of_memory() noexcept; // without a word when there is no memory even for that
ControlError permission_denied();
ControlError expected_more(); // a call that streams was made without `more`

// ---- the server's side ------------------------------------------------------------------------------------------

// The error is io.podinit.Invalid (its pointer then starts at the whole message) only for text that is no Varlink call
// at all; every other one is a call that can be answered with it.
std::expected<Request, ControlError> read_request(std::string_view message) noexcept;
std::string write_reply(const Reply& reply, bool continues = false);
std::string write_error(const ControlError& error);

// ---- the client's side ------------------------------------------------------------------------------------------

std::string write_request(const Request& request);

struct Answer {
    Reply reply;
    bool continues = false;
};
// The reply to a call of the kind of `call`; an error reply, and a message that makes no sense, are errors.
std::expected<Answer, ControlError> read_answer(std::string_view message, const Call& call) noexcept;

// The Varlink interface definitions of io.podinit and of org.varlink.service.
std::string_view control_idl() noexcept;
std::string_view service_idl() noexcept;

} // namespace spec
