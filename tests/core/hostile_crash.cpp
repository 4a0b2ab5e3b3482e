// SPDX-License-Identifier: Apache-2.0
// Crashes of the core: it is thrown away between any two things that it, or whoever carries out what it wants, does,
// and made again from what the state file holds then. What truly exists, and what is about to be told, stays.
#include "tests/core/hostile.hpp"

#include "initd/state/core_records.hpp"

#include <algorithm>

namespace hostile {

using namespace initd;
using Kind = Event::Kind;

// What the file holds is what the slots were when they last changed: as good as kept now.
void Kernel::keep_all() {
    if (!state_file_.is_open())
        state_file_ = std::move(StateFile::create().value());
    state_file_.control().generation = core_.generation();
    for (std::uint32_t slot = 0; slot < slots; ++slot)
        if (core_.pod(slot).phase == PodPhase::Free)
            state_file_.drop(RecordKind::Core, slot);
        else
            require(keep(state_file_, core_, slot), "a slot can be kept");
}

void Kernel::tell_and_crash(const Event& event) {
    keep_all();
    if (chance(33)) { // before anything of it was kept: it comes again
        recover();
        --events_;
        return tell(event);
    }
    note(event);
    out_.clear();
    core_.step(now_, event, out_);
    cut_off(event.run.unit.slot());
}

void Kernel::tick_and_crash() {
    keep_all();
    out_.clear();
    const std::uint32_t slot = core_.tick_one(now_, out_);
    if (chance(33))
        return recover();
    cut_off(slot);
}

// The crash comes while what was decided is kept, or carried out.
void Kernel::cut_off(std::uint32_t slot) {
    if (chance(50)) {
        const auto before = account();
        keep(state_file_, core_, slot, out_);
        const std::size_t done = random(static_cast<std::uint32_t>(out_.size()) + 1);
        for (std::size_t i = 0; i < done; ++i)
            perform(out_[i]);
        restore_all();
        require(account() == before, "a core is restored as it was");
        return resume();
    }
    if (slot < slots)
        keep(state_file_, core_, slot);
    for (const Action& action : out_) {
        if (chance(30))
            break;
        if (action.run.unit.slot() < slots)
            keep(state_file_, core_, action.run.unit.slot());
    }
    recover();
}

// What is known of each slot.
std::array<std::string, Kernel::slots> Kernel::account() const {
    std::array<std::string, slots> all;
    for (std::uint32_t slot = 0; slot < slots; ++slot) {
        Writer writer(all[slot]);
        writer.part(core_.pod(slot));
        writer.list(core_.units(slot));
        writer.list(core_.probes(slot));
    }
    return all;
}

void Kernel::recover() {
    restore_all();
    resume();
}

void Kernel::restore_all() {
    ++crashes_;
    if (chance(10)) {
        auto next = StateFile::adopt(ns::keep(ns::Fd(dup(state_file_.fd()))));
        require(next.has_value(), "a state file is taken on");
        state_file_ = std::move(*next);
    }
    core_ = Core(config);
    core_.reserve(slots, slots * max_containers, slots * max_probes);
    restore_names(state_file_, core_);
    for (std::uint32_t slot = 0; slot < slots; ++slot)
        switch (restore(state_file_, core_, slot)) {
        case Restored::Yes: require(pods_[slot].known, "what is restored is known"); break;
        case Restored::Gone:
            if (pods_[slot].known)
                perform({Action::Kind::Forget, {Unit(slot, 0), 0}});
            break;
        case Restored::No: require(!pods_[slot].known, "what is known is restored"); break;
        }
    require(state_file_.damaged().empty(), "no record is damaged");
}

void Kernel::resume() {
    again_ = true;
    out_.clear();
    if (shutting_down_)
        core_.step(now_, {.kind = Kind::ShutdownBegun, .run = {}}, out_);
    const std::size_t room = out_.capacity();
    core_.outstanding(out_);
    require(out_.capacity() == room, "no more is outstanding than max_actions() says");
    for (const Action& action : out_)
        perform(action);
    again_ = false;
    check();
}

// Has this been carried out before the crash? Then whoever carried it out knows, and answers once more at most.
bool Kernel::is_done(const Action& action) {
    const std::uint32_t slot = action.run.unit.slot();
    if (slot >= slots)
        return false;
    Pod& pod = pods_[slot];
    if (action.kind == Action::Kind::ShutDown)
        return down_;
    if (action.run.unit.index() == 0) {
        if (action.run.generation != pod.generation)
            return false;
        const bool made = action.kind == Action::Kind::MakeSandbox && pod.sandbox == Sandbox::Making;
        const bool dropped = action.kind == Action::Kind::DropSandbox && pod.sandbox == Sandbox::Dropping;
        if (made)
            queue(Kind::SandboxReady, action.run);
        if (dropped)
            queue(Kind::SandboxGone, action.run);
        return made || dropped;
    }
    const Container& container = pod.containers.at(action.run.unit.index() - 1);
    if (container.generation != action.run.generation)
        return false;
    switch (action.kind) {
    case Action::Kind::Start: return true;
    case Action::Kind::Terminate: return container.terminated;
    case Action::Kind::Kill:
        if (container.killed)
            queue(Kind::Exited, action.run, {.code = 137});
        return container.killed;
    case Action::Kind::RunHook: return container.hook == action.serial;
    case Action::Kind::Probe: return container.probes[static_cast<std::size_t>(action.probe)] == action.serial;
    case Action::Kind::MakeSandbox:
    case Action::Kind::DropSandbox:
    case Action::Kind::GiveUpProbe:
    case Action::Kind::Forget:
    case Action::Kind::ShutDown:
    case Action::Kind::Tell: return false;
    }
    return false;
}

} // namespace hostile
