// SPDX-License-Identifier: Apache-2.0
// The words in which a row of the table is told: one pod, a podinit of its own, and a story that its containers write.
//
// Everything that happens in a container appends a line to one file, "SECONDS-SINCE-BOOT WORD". A container "c" made
// here says "c+" when it starts and "c-" when it ends of its own will. What waits polls with a deadline; the deadline
// is the only thing that a slow machine may break.
#pragma once

#include "tests/catch.hpp"
#include "tests/daemon/supervisor_rig.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace conformance {

using initd::eventually;
using initd::exists;
using initd::read_text;
using View = spec::PodView;

// ---- containers, as JSON ------------------------------------------------------------------------------------------

// In a script `say WORD` writes a line, `begin NAME` says NAME+ and sets $n to how often it has, `await WORD N` waits
// until it was said N times, and `forever` waits until a signal's trap ends it. `fields` are more of its JSON, such as
// a probe.
std::string runs(const std::string& name, const std::string& script, const std::string& fields = "");
// Says NAME+, lives until SIGTERM, then says NAME- and exits.
std::string lives(const std::string& name, const std::string& fields = "", int code = 0);
// Says NAME+, sleeps, says NAME- and exits.
std::string works(const std::string& name, const std::string& fields = "", int code = 0,
                  const std::string& seconds = "0.1");
// As lives(), but the first run exits with the code as soon as it has begun.
std::string stumbles(const std::string& name, const std::string& fields = "", int code = 1);
// Can never be created: there is no such image.
std::string imageless(const std::string& name, const std::string& fields = "");
// Says NAME+ and lives until SIGKILL.
std::string stubborn(const std::string& name, const std::string& fields = "");

std::string of_image(const std::string& image, std::string container); // one of the above, from another image

extern const std::string sidecar; // the field that makes an init container one
// A hook or a probe that runs a script: exec_of("say x") is {"exec": ...}.
std::string exec_of(const std::string& script);
std::string lifecycle(const std::string& post_start, const std::string& pre_stop = ""); // of exec_of() and the like
std::string policy(const std::string& restart_policy);                                  // "restartPolicy": ...
std::string grace(int seconds); // "terminationGracePeriodSeconds": ...
// JSON members in a row: those that are empty are left out.
std::string fields(const std::vector<std::string>& members);

// ---- the row ------------------------------------------------------------------------------------------------------

using Containers = std::vector<std::string>;
std::string pod_text(const std::string& name, const Containers& init, const Containers& containers,
                     const std::string& spec = "", const std::string& metadata = "");

class Row : public initd::Supervisor {
  public:
    // Where every restart but the first backs off by one second.
    explicit Row(std::string_view config = R"({"crashLoopBackOff": {"maxContainerRestartPeriod": "1s"}})");
    ~Row();

    // Makes an image of a shell and its tools, in whose group 50000 user 1000 is too; `config` are fields of its OCI
    // configuration. In its containers nothing can be said. False, and said, where there is nothing to make it of.
    bool has_image(const std::string& name, const std::string& config = "") const;

    // Applies pod "p"; `spec` are more fields of its spec.
    void has(const Containers& init, const Containers& containers, const std::string& spec = "");

    // "POINTER: MESSAGE" for which a pod of one container with these fields is refused; empty when it is taken.
    std::string refused(const std::string& container, const std::string& spec = "");

    void say(const std::string& word) const; // from outside
    // What was said: "a+ a- b+".
    std::string words() const;
    std::size_t count(const std::string& word) const;
    // Waits for the word, or for so many of it.
    bool hears(const std::string& word, std::size_t times = 1) const;
    // When it was said first, in seconds since boot; fails the test if it was not.
    double at(const std::string& word, std::size_t time = 1) const;
    bool in_order(const std::vector<std::string>& words) const; // each first said after the one before

    // What a container wrote to its standard output, its lines joined by blanks. Waits for a line "end", and leaves it
    // out.
    std::string printed(const std::string& container = "c");
    // The same of a pod that runs this script once and is then gone: "words ...", or "PHASE: STATE: MESSAGE" if it does
    // not come to its end. `container` and `spec` are more fields of those.
    std::string output_of(const std::string& script, const std::string& container = "", const std::string& spec = "",
                          const std::string& image = "host");

    // Waits until it is true of the pod.
    bool until(const std::function<bool(const View&)>& holds, const std::string& pod = "p");
    bool until_phase(const std::string& phase, const std::string& pod = "p");
    bool until_ready(const std::string& pod = "p");
    View view(const std::string& pod = "p"); // as it is now; fails the test if there is none

    // Gives it so much to clean up that how it ended can be seen.
    void fill_volume(int dirs = 300);
    // Asks for the pod to go and does not wait.
    void begin_remove(std::optional<std::int64_t> grace = {});
    // Looks at the pod all the time until it is gone; returns what it saw last, if anything.
    std::optional<View> watch(const std::function<void(const View&)>& look = [](const View&) {});
    View remove_and_watch(std::optional<std::int64_t> grace = {});
    double took() const { return took_; } // the seconds of that

  private:
    double took_ = 0;
};

// Of an init container or a container; an empty one when there is none of that name.
spec::ContainerStatus status_of(const View& view, const std::string& container);
// "waiting REASON", "running", "terminated REASON CODE"; "" when nothing is set.
std::string text_of(const spec::ContainerState& state);
std::string state_of(const View& view, const std::string& container);
std::string last_state_of(const View& view, const std::string& container);
int restarts_of(const View& view, const std::string& container);
// "True", "False REASON"; "" without such a condition.
std::string condition_of(const View& view, const std::string& type);

double now(); // seconds since boot, as at() has them

} // namespace conformance

// A row that needs a machine: its name is the row's id, its tag the row's area, and `row` a fresh Row.
#define ROW_JOIN(a, b) a##b
#define ROW_NAME(line) ROW_JOIN(row_at_, line)
#define ROW(id, area)                                                                                                  \
    static void ROW_NAME(__LINE__)([[maybe_unused]] conformance::Row & row);                                           \
    TEST_CASE(id, "[" area "]") {                                                                                      \
        if (!initd::can_supervise())                                                                                   \
            return;                                                                                                    \
        conformance::Row row;                                                                                          \
        ROW_NAME(__LINE__)(row);                                                                                       \
    }                                                                                                                  \
    static void ROW_NAME(__LINE__)([[maybe_unused]] conformance::Row & row)
