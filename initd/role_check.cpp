// SPDX-License-Identifier: Apache-2.0
// Could this podinit go on from the state that standard input is a copy of? Every pod is read as it would be then.
#include "initd/pods.hpp"
#include "initd/role_mains.hpp"
#include "initd/state/core_records.hpp"

#include <bit>
#include <string>

#include <unistd.h>

namespace initd {
namespace {

// "" when all pods can be read, with what the core knows of them.
std::string unreadable(StateFile& state) {
    PodStore pods(state);
    const auto slots = state.ids(RecordKind::Pod);
    pods.restore();
    std::size_t units = 0, probes = 0;
    for (const std::uint32_t slot : slots) {
        if (slot >= pods.slots() || pods.at(slot).name.empty())
            return "a pod";
        units += pods.at(slot).containers;
        probes += pods.at(slot).probes;
    }
    Core core{CoreConfig{}};
    core.reserve(std::bit_ceil(pods.slots() + 1u), std::bit_ceil(units + 1), std::bit_ceil(probes + 1));
    restore_names(state, core);
    for (const std::uint32_t slot : slots)
        if (!state.body({RecordKind::Core, slot}).empty() && restore(state, core, slot) == Restored::No)
            return std::string(pods.at(slot).name);
    if (const auto& damaged = state.damaged(); !damaged.empty())
        return "record " + std::to_string(static_cast<unsigned>(damaged.front().kind)) + "/" +
               std::to_string(damaged.front().id);
    return {};
}

} // namespace

int check_main() {
    auto state = StateFile::adopt(ns::Fd(STDIN_FILENO));
    if (!state)
        return complain("state", std::string_view(ns::to_text(state.error())));
    if (const std::string bad = unreadable(*state); !bad.empty())
        return complain(bad, "cannot be read");
    std::string passed(check_passed);
    passed += PODINIT_VERSION "\n";
    (void)!::write(STDERR_FILENO, passed.data(), passed.size());
    return 1;
}

} // namespace initd
