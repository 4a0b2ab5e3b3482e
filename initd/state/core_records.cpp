// SPDX-License-Identifier: Apache-2.0
#include "initd/state/core_records.hpp"

#include "initd/state/state_file.hpp"

namespace initd {

bool keep(StateFile& state, const Core& core, std::uint32_t slot) noexcept {
    state.control().generation = core.generation();
    return state.keep(RecordKind::Core, slot, CoreView{core.pod(slot), core.units(slot), core.probes(slot)});
}

void keep(StateFile& state, const Core& core, std::uint32_t slot, const Actions& actions) noexcept {
    if (slot < core.slots())
        keep(state, core, slot);
    bool forgets = false;
    for (const Action& action : actions) {
        forgets = forgets || action.kind == Action::Kind::Forget;
        if (const std::uint32_t other = action.run.unit.slot(); other != slot && other < core.slots())
            keep(state, core, other);
    }
    for (std::uint32_t other = 0; forgets && other < core.slots(); ++other)
        if (core.pod(other).phase == PodPhase::Waiting)
            keep(state, core, other);
}

void restore_names(StateFile& state, Core& core) noexcept {
    core.generations_above(state.control().generation);
}

Restored restore(StateFile& state, Core& core, std::uint32_t slot) {
    CoreRecord record;
    if (!state.recall(RecordKind::Core, slot, record))
        return Restored::No;
    if (record.pod.phase == PodPhase::Free)
        return Restored::Gone;
    if (core.restore(slot, record.pod, record.units, record.probes))
        return Restored::Yes;
    state.damage({RecordKind::Core, slot});
    return Restored::No;
}

} // namespace initd
