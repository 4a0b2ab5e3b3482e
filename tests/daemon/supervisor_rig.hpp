// SPDX-License-Identifier: Apache-2.0
// podinit itself, run as a supervisor in a PID and a mount namespace of its own, and spoken to over its control socket.
//
// The namespaces' first process is ours: whatever goes wrong, its end takes everything along, and no signal and no
// mount gets out. Everything that waits polls with a deadline.
#pragma once

#include "ns/fd.hpp"
#include "spec/control.hpp"
#include "spec/status.hpp"
#include "tests/daemon/log_rig.hpp"

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <thread>
#include <vector>

namespace initd {

// Polls until `done`; false after the deadline.
template <class Done>
bool eventually(Done done, std::chrono::milliseconds limit = std::chrono::seconds{20}) {
    for (const auto end = std::chrono::steady_clock::now() + limit; std::chrono::steady_clock::now() < end;) {
        if (done())
            return true;
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
    return done();
}

template <class T>
using Answered = std::expected<T, spec::ControlError>;

class Connection {
  public:
    // Tries until somebody listens; waits so long for each answer.
    explicit Connection(const std::string& path, std::chrono::milliseconds patience = std::chrono::seconds{30});
    bool send(const spec::Request& request, const std::vector<int>& fds = {});
    bool send_bytes(std::string_view bytes, const std::vector<int>& fds = {});
    // The next answer; an error that is called "timeout" or "closed" when there is none.
    Answered<spec::Answer> receive(const spec::Call& call);
    int fd() const noexcept { return socket_.get(); }

  private:
    ns::Fd socket_;
    std::chrono::milliseconds patience_;
    std::string in_;
};

// A pod with fields of its spec as JSON (without braces), of one container "c" on the machine's root.
std::string pod_json(const std::string& name, const std::string& container, const std::string& spec = "");
// The fields of a container that runs a shell's script.
std::string script(const std::string& text);
// A script that lives until SIGTERM, whose signals even a PID namespace's first process takes.
extern const std::string until_term;
// Fields of a pod that has no namespace of its own: started and stopped the fastest.
extern const std::string on_host;

// What podinit is in its namespaces: a process below their first one, or that one, so that its death would be
// everybody's.
enum class Rank { Supervisor, First };

class Supervisor {
  public:
    explicit Supervisor(std::string_view config = R"({"crashLoopBackOff": {"initialRestartPeriod": "1s"}})",
                        std::string program = "", // instead of the build's podinit
                        Rank rank = Rank::Supervisor,
                        std::string output = ""); // a file for its standard error instead of said()'s
    ~Supervisor();

    void start(); // done by the constructor too
    void signal(int signo) const;
    // Its exit code; 100 and more are what it left running. nullopt: it still runs after a while.
    std::optional<int> ended();

    Answered<spec::Answer> call(const spec::Call& call, const std::vector<int>& fds = {});
    Answered<spec::Applied> apply(const std::vector<std::string>& manifests, bool transient = false,
                                  bool dry_run = false);
    // "created", "configured", "unchanged", or the error.
    std::string apply_one(const std::string& manifest, bool transient = false);
    // "RESOURCE/NAME created" and the like, a line each, or the error.
    std::string outcomes(const std::vector<std::string>& manifests);
    // Waits until the object is gone; "gone" or the error.
    std::string remove(const std::string& name, std::optional<std::int64_t> grace = {},
                       const std::string& resource = "");
    // As JSON, from every namespace.
    std::vector<std::string> objects(const std::string& resource, const std::string& name = "");
    std::vector<spec::PodView> list(const std::string& name = "");
    std::optional<spec::PodView> get(const std::string& name);
    std::string phase(const std::string& name); // "" without such a pod
    spec::ContainerStatus status(const std::string& name, std::size_t container = 0);
    bool running(const std::string& name); // eventually, every container
    std::string logs(const std::string& name, bool previous = false);
    // Without a terminal: standard output and the exit code as "OUTPUT|CODE", or the error's message.
    std::string exec(const std::string& name, const std::vector<std::string>& command,
                     const std::string& container = "");

    std::string manifest_file(const std::string& name) const { return dir("manifests/default_") + name + ".json"; }
    std::string transient_file(const std::string& name) const { return dir("run/manifests/default_") + name + ".json"; }
    std::string dir(const std::string& name) const { return temp.path() + "/" + name; }
    std::string said() const; // on its standard error
    std::size_t open_fds() const;
    std::size_t memory() const;    // VmRSS in kB
    std::size_t mounts() const;    // below our directory
    std::size_t processes() const; // its children
    pid_t pid() const noexcept { return pid_; }

    TempDir temp;
    std::chrono::milliseconds patience = std::chrono::seconds{30}; // with each answer
    bool lenient = false;                                          // a list that cannot be had is empty

  private:
    Connection connect() const { return Connection(dir("run/control.sock"), patience); }
    template <class T>
    bool was_cut_off(const Answered<T>& answer) const;

    std::string program_;
    Rank rank_;
    std::string output_;
    pid_t first_ = -1; // the namespaces' first process
    pid_t pid_ = -1;   // podinit, as seen from here
};

// Can this machine run it? Says why not, once.
bool can_supervise();

} // namespace initd
