// SPDX-License-Identifier: Apache-2.0
// List: what there is as Kubernetes objects, one a reply, as fast as the client reads them and no faster.
#pragma once

#include "initd/control.hpp"
#include "initd/event_log.hpp"
#include "initd/objects.hpp"
#include "initd/order.hpp"
#include "initd/performer.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace initd {

class Listing {
  public:
    Listing(Control& control, const Core& core, PodStore& pods, const ObjectStore& objects, const Order& order,
            Performer& performer, const EventLog& events) noexcept
        : control_(control)
        , core_(core)
        , pods_(pods)
        , objects_(objects)
        , order_(order)
        , performer_(performer)
        , events_(events) {}

    void start(ClientId client, const spec::List& call);
    // The client has room again.
    void go_on(ClientId client);
    // Those who watch events get what is new. One who reads slowly misses counts, and what is pushed out meanwhile.
    void tell_watchers() noexcept;

  private:
    struct Cursor {
        ClientId client;
        spec::Kind kind = spec::Kind::Pod;
        std::string namespace_;
        std::string name;
        bool events = false; // then the kind says nothing
        bool watch = false;
        std::uint32_t next_slot = 0;          // of pods: where to look next
        std::uint64_t last_event = 0;         // of events: the one taken last
        std::string last;                     // of other objects: the one taken last
        std::optional<spec::RawJson> pending; // taken, not sent yet; a reply says whether another one follows
    };
    std::optional<spec::RawJson> take(Cursor& cursor);
    std::optional<spec::RawJson> take_pod(Cursor& cursor);
    std::optional<spec::RawJson> take_event(Cursor& cursor);
    spec::RawJson event_object(const EventRecord& record);
    spec::RawJson pod_object(std::uint32_t slot);
    bool send(Cursor& cursor);

    Control& control_;
    const Core& core_;
    PodStore& pods_;
    const ObjectStore& objects_;
    const Order& order_;
    Performer& performer_;
    const EventLog& events_;
    std::uint64_t told_ = 0; // EventLog::last_change() when watchers were told
    std::vector<Cursor> cursors_;
};

} // namespace initd
