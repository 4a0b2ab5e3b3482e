// SPDX-License-Identifier: Apache-2.0
// Probes and hooks of containers: what the core wants asked or run is done here, and comes back as its event.
//
// A command runs beside the container's own process. Its exit is its end, whoever else still holds its output open; of
// that the first 10 KiB are kept, and a hook's nothing at all. A connection is made from inside the pod's network by a
// socket that does not block, opened there; the loop then sees it through. Nothing here has a deadline: the core gives
// up what takes too long, and what belongs to a run ends with it.
// TLS and names of hosts are podinit-get's (initd/get): a program that is given a socket from the pod's network.
#pragma once

#include "initd/children.hpp"
#include "initd/core.hpp"
#include "initd/performer.hpp"
#include "initd/poller.hpp"
#include "initd/probe_grpc.hpp"
#include "initd/probe_http.hpp"
#include "initd/questions.hpp"
#include "ns/fd.hpp"

#include <cstdint>
#include <netinet/in.h>
#include <optional>
#include <string>
#include <vector>

namespace initd {

struct HandlerRecord {     // of a hook's command
    std::uint64_t run = 0; // RunId::cookie()
    std::uint32_t serial = 0;
    Hook which{};
};
template <class Archive>
void fields(Archive& a, Of<HandlerRecord> auto& handler) {
    a(handler.run);
    a(handler.serial);
    a.upto(handler.which, Hook::PreStop);
}

class Handlers {
  public:
    Handlers(StateFile& state, Poller& poller, Performer& performer, Children& children, PodStore& pods,
             const EventRecorder& recorder) noexcept
        : state_(state)
        , poller_(poller)
        , performer_(performer)
        , children_(children)
        , pods_(pods)
        , recorder_(recorder) {}

    // The commands of hooks that a podinit before us has left go on; all else is asked again when the core says so. May
    // throw bad_alloc.
    void restore();

    // RunHook, Probe, GiveUpProbe.
    void perform(const Action& action, Events& events) noexcept;

    // The run is over, or is being stopped (then only its hooks end): nothing of what was under way is told any more.
    void end(RunId run, bool hooks_only) noexcept;

    // The slot is free: another pod's from now on.
    void forget(std::uint32_t slot) noexcept { questions_.forget(slot); }

    void on_ready(const Ready& ready, Events& events) noexcept;
    void on_launched(const LaunchReport& report, Events& events) noexcept;
    void on_exited(const ChildExit& exit, Events& events) noexcept;
    // What has come of those that are over is known by now.
    void forget_told() noexcept;

  private:
    using Way = Question::Way;
    struct Handler {
        std::uint32_t id = 0;
        RunId run;
        std::uint32_t serial = 0;
        bool hook = false;
        Hook which{};     // of a hook
        ProbeKind kind{}; // of a probe
        Way way = Way::Command;
        pid_t pid = -1;
        ns::Fd stream; // the connection, or what the command says
        sockaddr_storage address{};
        socklen_t address_size = 0;
        bool connected = false;
        HttpTarget target;   // of every connection host and port
        std::string headers; // of every request
        int requests = 0;    // that have been made
        std::string out;     // still to be sent
        std::string in;      // what came, of a command's output the first 10 KiB; at the end what its event says
        std::optional<GrpcCheck> grpc;
    };

    std::optional<Outcome> begin(Handler& handler, const Action& action);
    std::optional<Outcome> begin(Handler& handler, const Question& question);
    std::optional<Outcome> begin_command(Handler& handler, const std::vector<std::string>& command);
    // Starts the process that decides; with `keep_output` what it says on standard output and error is in `in` when it
    // ends.
    std::optional<ns::Error> launch(Handler& handler, ns::Plan&& plan, std::vector<ns::Fd> held, bool keep_output);
    void take_output(Handler& handler) noexcept;
    std::optional<Outcome> connect(Handler& handler);
    std::optional<Outcome> begin_get(Handler& handler);
    Outcome no_get(Handler& handler, const ns::Error& error) noexcept; // it could not be started
    static Outcome got(std::int32_t code) noexcept;
    std::optional<Outcome> go_on(Handler& handler, std::uint32_t ready);
    std::optional<Outcome> read(Handler& handler);
    std::optional<Outcome> take_http(Handler& handler, bool over);
    // Sets what the outcome's event says, in the kubelet's words, and gives the outcome back.
    static Outcome say(Handler& handler, std::initializer_list<std::string_view> words,
                       Outcome outcome = Outcome::Failure);
    static Outcome say_get(Handler& handler, std::string_view words);
    Outcome say_network(Handler& handler, std::string_view call, int error);
    void say_timeout(Handler& handler);
    static std::string authority_of(const Handler& handler);
    void give_up(std::uint32_t serial) noexcept;
    void tell(const Handler& handler, Outcome outcome) const noexcept;
    void finish(std::size_t at, Outcome outcome, Events& events) noexcept;
    void drop(std::size_t at) noexcept;
    void end_record(std::uint32_t id) noexcept;
    std::size_t find(std::uint32_t id) const noexcept;
    static Asker asker_of(const Handler& handler) noexcept { return handler.hook ? Asker::Hook : Asker::Probe; }

    StateFile& state_;
    Poller& poller_;
    Performer& performer_;
    Children& children_;
    PodStore& pods_;
    const EventRecorder& recorder_;
    Questions questions_;
    std::vector<Handler> handlers_;
    std::vector<std::uint32_t> over_; // whose records are still there: their hooks must not run once more
    std::uint32_t next_id_ = 0;
    bool no_get_told_ = false;
};

} // namespace initd
