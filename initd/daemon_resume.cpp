// SPDX-License-Identifier: Apache-2.0
// The daemon's half that goes on where a podinit before it, in this very process, has ended: after a fault, or because
// another version takes over.
//
// Every part takes back what its records say. Then what had begun is looked at again, so that nothing is lost and
// nothing is done twice: what the core has asked for and not been answered, and ends of children that nobody has heard
// of. Then the manifests are read as at a boot. What is not whole costs its pod only: that one is ended, and comes
// again from its manifest.
#include "initd/daemon.hpp"

#include "initd/crash/in_hand.hpp"
#include "initd/log.hpp"
#include "initd/state/core_records.hpp"

#include <cstdlib>
#include <string>

namespace initd {

void fields(auto& archive, Of<Course> auto& course) {
    archive(course.booted);
    archive(course.going_down);
    archive.upto(course.how, SignalMeaning::Kexec);
    archive(course.down_since);
}

void Daemon::keep_course() noexcept {
    state_.keep(RecordKind::Daemon, 0, course_);
}

// Out of memory here is a crash like any other, after which it is tried again.
void Daemon::resume() noexcept try {
    state_.recall(RecordKind::Daemon, 0, course_);
    asides_.restore();
    const auto task = crash::to_set_aside(state_.control());
    if (task && task->what == InHand::Record)
        state_.drop(static_cast<RecordKind>(task->a), static_cast<std::uint32_t>(task->b));
    children_.restore();
    jobs_.restore();
    pods_.restore();
    restore_core();
    if (task)
        set_aside(*task);
    event_log_.restore();
    objects_.restore(pods_);
    const ChildRecord* writer = children_.find({ChildId::Kind::LogWriter, 0});
    logs_.restore(writer ? writer->pid : -1);
    for (std::uint32_t slot = 0; slot < pods_.slots(); ++slot)
        if (!pods_.at(slot).name.empty())
            performer_.restore(slot, events_);
    handlers_.restore();
    if (methods_) {
        methods_->sessions().restore();
        methods_->rollouts().restore();
    }
    performer_.end_strays();
    restore_health();
    restore_order();
    state_.descriptors().close_rest();
    for (const RecordName& damaged : state_.damaged())
        log(Level::Error, {"state: record ", std::to_string(static_cast<unsigned>(damaged.kind)), "/",
                           std::to_string(damaged.id), " is damaged, going on without it"});

    rescue_running_ = children_.find({ChildId::Kind::Rescue, 0}) != nullptr;
    if (course_.going_down) { // before anything is asked for again: nobody begins any more
        go_down(course_.how);
        pump();
    }
    start_settling();
    may_load();
    go_on();
    log(Level::Notice, {"goes on with ", std::to_string(pods_.count()), " pods"});
} catch (...) {
    log(Level::Error, {"out of memory while resuming"});
    std::abort();
}

// What is left of the pod is ended, and what its records say of it forgotten.
void Daemon::let_go(std::uint32_t slot) noexcept {
    state_.drop(RecordKind::Core, slot);
    units_ -= pods_.at(slot).containers;
    probes_ -= pods_.at(slot).probes;
    pods_.free(slot);
}

// What was in hand at two crashes in a row is not tried a third time: a manifest, or what came of one, not before it
// says something else. What a client or a descriptor had sent is gone with them.
void Daemon::set_aside(const Task& task) {
    std::uint32_t slot = no_slot;
    switch (task.what) {
    case InHand::Nothing:
    case InHand::Ready:
    case InHand::Call:
    case InHand::Record: return;
    case InHand::Event:
    case InHand::Deadline: slot = RunId::from_cookie(task.b).unit.slot(); break;
    case InHand::Manifest: break;
    }
    if (slot == no_slot)
        return asides_.add({task.b, {}});
    if (slot >= pods_.slots() || pods_.at(slot).name.empty())
        return;
    log(Level::Error, {pods_.at(slot).name, ": ", Asides::why});
    asides_.add({0, std::string(pods_.at(slot).uid)});
    let_go(slot);
}

// A slot is whole when the store and the core know its pod.
void Daemon::restore_core() {
    const std::uint32_t slots = pods_.slots();
    for (std::uint32_t slot = 0; slot < slots; ++slot) {
        units_ += pods_.at(slot).containers;
        probes_ += pods_.at(slot).probes;
    }
    make_room_for(0, 0);
    restore_names(state_, core_);
    for (const std::uint32_t slot : state_.ids(RecordKind::Core))
        if (slot >= slots || pods_.at(slot).name.empty())
            state_.drop(RecordKind::Core, slot);
    for (std::uint32_t slot = 0; slot < slots; ++slot)
        if (!pods_.at(slot).name.empty())
            switch (restore(state_, core_, slot)) {
            case Restored::Yes: break;
            case Restored::No:
                log(Level::Error, {pods_.at(slot).name, ": what it was doing is not known any more: it begins anew"});
                [[fallthrough]];
            case Restored::Gone: let_go(slot); break;
            }
}

void Daemon::restore_order() {
    order_.restore(pods_);
    for (std::uint32_t slot = 0; slot < pods_.slots(); ++slot)
        if (!pods_.at(slot).name.empty())
            look(slot);
}

// What had been asked for and not been answered, and what has ended meanwhile.
void Daemon::go_on() {
    for (std::uint32_t slot = 0; slot < pods_.slots(); ++slot)
        if (pods_.at(slot).leaving && !core_.pod(slot).removed)
            remove_pod(slot, never);
    for (const spec::Kind kind : {spec::Kind::ConfigMap, spec::Kind::Secret}) // one may just have changed
        for (const ObjectRecord* object = objects_.next(kind, ""); object; object = objects_.next(kind, object->name)) {
            const auto slash = object->name.find('/');
            performer_.object_changed(kind, object->name.substr(0, slash), object->name.substr(slash + 1), events_);
        }
    Actions outstanding;
    outstanding.reserve(core_.max_actions());
    core_.outstanding(outstanding);
    keep(state_, core_, no_slot, outstanding);
    for (const Action& action : outstanding)
        act(action);
    reap();
    pump();
    take_turns();
}

} // namespace initd
