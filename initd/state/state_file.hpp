// SPDX-License-Identifier: Apache-2.0
// What outlives the process: records in a sealed memfd, which the next podinit is handed.
//
// A record has a name (kind and id), a body, a sequence number and a checksum. A new body is written beside the old one
// and made valid by one store; only then is the old one given up. So at every instruction the old record or the new
// one is there, and never half of one. Keeping a record makes no system call unless the file has to grow, which is done
// ahead (fallocate), so that touching it never faults.
#pragma once

#include "initd/state/archive.hpp"
#include "initd/state/control_block.hpp"
#include "initd/state/descriptors.hpp"
#include "ns/error.hpp"
#include "ns/fd.hpp"

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace initd {

enum class RecordKind : std::uint16_t { // another version reads these: numbers are never given again
    Daemon = 1,                         // id 0
    Pod = 2,                            // id: slot. What never changes of a pod: its text, uid, owner
    PodStatus = 3,                      // id: slot. Failures, messages, conditions
    Core = 4,                           // id: slot
    Sandbox = 5,                        // id: slot. Descriptors of namespaces, the holder, listeners
    Run = 6,                            // id: Unit::value. A container's process and descriptors
    Child = 7,                          // id: pid. What a process is for, and whether it has ended
    Handler = 8,                        // id: the handler's. A hook's process
    Channel = 9,                        // id: the channel's. What a container says of itself
    Stream = 10,                        // id: the stream's. A log pipe
    LogWriter = 11,                     // id 0
    Object = 12,                        // id: ObjectRecord::id
    Client = 13,                        // id: the connection's
    Session = 14,                       // id: the exec session's
    Happening = 15,                     // id: index in the event log
    Watchdog = 16,                      // id 0: the device; slot + 1: a critical pod's health
    Aside = 17,                         // id: a number. An input that is not looked at again
    Config = 18,                        // id 0. The text of config.json that is in force
    Listener = 19,                      // id 0. The control socket
    Trial = 20,                         // id 0. A change that is taken back unless it is confirmed
};
inline constexpr RecordKind last_record_kind = RecordKind::Trial;

struct RecordName {
    RecordKind kind{};
    std::uint32_t id = 0;
    friend bool operator==(RecordName, RecordName) = default;
};

class StateFile {
  public:
    static constexpr std::size_t max_body = std::size_t{1} << 20; // what is larger is not kept

    StateFile(); // keeps nothing. May throw bad_alloc
    StateFile(StateFile&&) noexcept;
    StateFile& operator=(StateFile&&) noexcept;
    ~StateFile();

    static std::expected<StateFile, ns::Error> create() noexcept;
    // What a podinit before us has left. EINVAL: it is none, or of a version that this one does not read.
    static std::expected<StateFile, ns::Error> adopt(ns::Fd file) noexcept;

    // Writes a record, as fields(archive, value) says. False: there was no room; then the record is gone rather than
    // out of date.
    template <class T>
    bool keep(RecordKind kind, std::uint32_t id, const T& value) noexcept {
        if (!is_open())
            return true;
        try {
            scratch_.clear();
            encode(scratch_, value);
        } catch (...) {
            drop(kind, id);
            return false;
        }
        return put({kind, id}, scratch_);
    }
    // False: there is none, or its body is bad; then it is dropped and listed in damaged(). May throw bad_alloc.
    template <class T>
    bool recall(RecordKind kind, std::uint32_t id, T& value) {
        const std::string_view bytes = body({kind, id});
        if (bytes.empty())
            return false;
        Reader reader(bytes);
        fields(reader, value);
        if (!reader.bad())
            return true;
        damage({kind, id});
        return false;
    }
    void drop(RecordKind kind, std::uint32_t id) noexcept;

    // Ascending. May throw bad_alloc.
    std::vector<std::uint32_t> ids(RecordKind kind) const;
    // Empty: there is none. Valid until that record is kept or dropped.
    std::string_view body(RecordName name) const noexcept;

    // What was recalled cannot be: drops it and lists it in damaged(). May throw bad_alloc.
    void damage(RecordName name);
    // Records that were there but could not be read.
    const std::vector<RecordName>& damaged() const noexcept { return damaged_; }

    // Gives memory back that is not needed now; call when there is nothing else to do.
    void trim() noexcept;

    bool is_open() const noexcept { return state_ != nullptr; }
    int fd() const noexcept; // -1 when it keeps nothing
    // Of a StateFile that keeps nothing too, in ordinary memory; its address never changes.
    ControlBlock& control() noexcept;
    // What the records name, to be claimed by whoever restores them.
    Descriptors& descriptors() noexcept { return descriptors_; }

  private:
    struct State;
    explicit StateFile(std::unique_ptr<State> state) noexcept;
    bool put(RecordName name, std::string_view bytes) noexcept;

    std::unique_ptr<State> state_;
    std::unique_ptr<ControlBlock> apart_; // of one that keeps nothing
    Descriptors descriptors_;
    std::string scratch_;
    std::vector<RecordName> damaged_;
};

} // namespace initd
