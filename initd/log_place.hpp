// SPDX-License-Identifier: Apache-2.0
// What Logs keeps about a run: its two streams share it.
#pragma once

#include "initd/logs.hpp"

#include <algorithm>
#include <cstddef>
#include <new>

namespace initd {

// One block of memory: the names follow it, so that a run's two streams cost little more than their descriptors.
struct Logs::Place {
    std::uint16_t streams;
    std::uint16_t pod_length;
    std::uint16_t container_length;
    std::uint32_t attempt;

    char* text() noexcept { return reinterpret_cast<char*>(this + 1); }
    std::string_view names() noexcept { return {text(), std::size_t{pod_length} + container_length}; }
    std::string_view pod() noexcept { return names().substr(0, pod_length); }
    std::string_view container() noexcept { return names().substr(pod_length); }

    static Place* make(const LogTarget& target) {
        const std::size_t names = target.pod_dir.size() + target.container.size();
        Place* place = new (::operator new(sizeof(Place) + names)) Place{
            .streams = 0,
            .pod_length = static_cast<std::uint16_t>(target.pod_dir.size()),
            .container_length = static_cast<std::uint16_t>(target.container.size()),
            .attempt = target.attempt,
        };
        char* end = std::copy(target.pod_dir.begin(), target.pod_dir.end(), place->text());
        std::copy(target.container.begin(), target.container.end(), end);
        return place;
    }
};

} // namespace initd
