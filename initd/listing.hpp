// SPDX-License-Identifier: Apache-2.0
// List: pods as Kubernetes objects, one a reply, as fast as the client reads them and no faster.
#pragma once

#include "initd/control.hpp"
#include "initd/performer.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace initd {

class Listing {
  public:
    Listing(Control& control, const Core& core, PodStore& pods, Performer& performer) noexcept
        : control_(control)
        , core_(core)
        , pods_(pods)
        , performer_(performer) {}

    void start(ClientId client, const spec::List& call);
    // The client has room again.
    void go_on(ClientId client);

  private:
    struct Cursor {
        ClientId client;
        std::string namespace_;
        std::string name;
        std::uint32_t next = 0; // slot
    };
    std::string object(std::uint32_t slot);
    bool matches(const Cursor& cursor, std::uint32_t slot) const;
    bool send(Cursor& cursor);

    Control& control_;
    const Core& core_;
    PodStore& pods_;
    Performer& performer_;
    std::vector<Cursor> cursors_;
};

} // namespace initd
