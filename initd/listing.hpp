// SPDX-License-Identifier: Apache-2.0
// List: what there is as Kubernetes objects, one a reply, as fast as the client reads them and no faster.
#pragma once

#include "initd/control.hpp"
#include "initd/objects.hpp"
#include "initd/performer.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace initd {

class Listing {
  public:
    Listing(Control& control, const Core& core, PodStore& pods, const ObjectStore& objects,
            Performer& performer) noexcept
        : control_(control)
        , core_(core)
        , pods_(pods)
        , objects_(objects)
        , performer_(performer) {}

    void start(ClientId client, const spec::List& call);
    // The client has room again.
    void go_on(ClientId client);

  private:
    struct Cursor {
        ClientId client;
        spec::Kind kind;
        std::string namespace_;
        std::string name;
        std::uint32_t next_slot;              // of pods: where to look next
        std::string last;                     // of other objects: the one taken last
        std::optional<spec::RawJson> pending; // taken, not sent yet; a reply says whether another one follows
    };
    std::optional<spec::RawJson> take(Cursor& cursor);
    std::optional<spec::RawJson> take_pod(Cursor& cursor);
    spec::RawJson pod_object(std::uint32_t slot);
    bool send(Cursor& cursor);

    Control& control_;
    const Core& core_;
    PodStore& pods_;
    const ObjectStore& objects_;
    Performer& performer_;
    std::vector<Cursor> cursors_;
};

} // namespace initd
