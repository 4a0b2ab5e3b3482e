// SPDX-License-Identifier: Apache-2.0
// What podinit has crashed on twice in a row and does not try a third time: pods, and manifests by what they say. Kept
// for as long as podinit runs, across its crashes; a manifest that says something else is another one.
#pragma once

#include "initd/state/state_file.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace initd {

struct Aside {
    std::uint64_t manifest = 0; // the hash of a file's text
    std::string uid;            // or of a pod
};

class Asides {
  public:
    explicit Asides(StateFile& state) noexcept
        : state_(state) {}

    // Each may throw bad_alloc.
    void restore();
    void add(Aside aside);

    bool has_pod(std::string_view uid) const noexcept;

    // The text is about to be read. False: it is not to be.
    bool may_read(std::string_view text) noexcept;

    static constexpr const char* why = "podinit has crashed on it twice: it is looked at again when it says something "
                                       "else, or after a reboot";

  private:
    StateFile& state_;
    std::vector<Aside> list_;
};

} // namespace initd
