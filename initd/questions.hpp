// SPDX-License-Identifier: Apache-2.0
// What probes and hooks ask, taken out of manifests.
//
// A pod is kept as text (pods.hpp), and a probe that is asked every second must not have that read again each time:
// what a probe asks is kept from the first time on, until its pod is forgotten. A manifest in a slot does not change.
#pragma once

#include "initd/core_state.hpp"
#include "initd/pods.hpp"
#include "initd/probe_http.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace initd {

struct Question {
    enum class Way : std::uint8_t {
        Command, // run in the container
        Tcp,
        Http,
        Grpc,
        Get,  // what Tcp and Http become when podinit-get is to ask
        None, // tcpSocket of a hook: never implemented, in the kubelet either
    };
    Way way = Way::None;
    HttpTarget
        target; // host and port of every connection. No host: the pod's own; port 0: the container has none so named
    std::string text; // Http: header lines; Grpc: the service; of a port that is not there, its name
    std::vector<std::string> command;
};

Question question_of(const spec::Container& container, const spec::Probe& probe);
Question question_of(const spec::Container& container, const spec::LifecycleHandler& hook);

class Questions {
  public:
    // What a probe of the container asks; valid until the next call. May throw bad_alloc.
    const Question& of(PodStore& pods, Unit unit, ProbeKind kind);
    void forget(std::uint32_t slot) noexcept;
    std::size_t kept() const noexcept { return kept_.size(); }

  private:
    struct Kept {
        std::uint64_t key;
        Question question;
    };
    std::vector<Kept> kept_; // by key
};

} // namespace initd
