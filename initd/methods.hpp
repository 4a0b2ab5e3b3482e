// SPDX-License-Identifier: Apache-2.0
// What the calls of io.podinit do. A call is answered at once, or when what it asked for has been done.
#pragma once

#include "initd/boots.hpp"
#include "initd/control.hpp"
#include "initd/exec_sessions.hpp"
#include "initd/listing.hpp"
#include "initd/reexec.hpp"
#include "initd/rollouts.hpp"
#include "initd/signals.hpp"
#include "initd/transactions.hpp"

#include <optional>
#include <string>
#include <vector>

namespace initd {

class Methods {
  public:
    Methods(StateFile& state, Control& control, const Core& core, PodStore& pods, const ObjectStore& objects,
            const Order& order, Manifests& manifests, Performer& performer, Children& children, Jobs& jobs,
            const EventLog& events, const EventRecorder& recorder, Boots& boots, std::string log_dir,
            Standing standing) noexcept;

    // What is to be done comes back: events, objects to be taken in or removed, a way in which to go down.
    struct Wishes {
        Events& events;
        std::vector<ObjectChange>& changes;
        std::optional<SignalMeaning> down;
    };
    void call(IncomingCall&& incoming, Wishes& wishes) noexcept;

    Transactions& transactions() noexcept { return transactions_; }
    ExecSessions& sessions() noexcept { return sessions_; }
    Listing& listing() noexcept { return listing_; }
    Rollouts& rollouts() noexcept { return rollouts_; }
    Reexec& reexec() noexcept { return reexec_; }

  private:
    struct Target {
        std::uint32_t slot;
        std::uint32_t container;
    };
    std::expected<Target, spec::ControlError> find(std::string_view namespace_, std::string_view name,
                                                   std::string_view container);
    void exec(IncomingCall&& incoming, const spec::Exec& call);
    void logs(ClientId client, const spec::Logs& call);
    void restart(ClientId client, const spec::Restart& call, Events& events);
    void set_condition(ClientId client, const spec::SetCondition& call, Events& events);
    void node(ClientId client);
    void confirm(ClientId client);
    void power(ClientId client, const spec::Power& call, std::optional<SignalMeaning>& down);

    Control& control_;
    const Core& core_;
    PodStore& pods_;
    Manifests& manifests_;
    Performer& performer_;
    Boots& boots_;
    std::string log_dir_;
    Standing standing_;
    Rollouts rollouts_;
    Transactions transactions_;
    ExecSessions sessions_;
    Listing listing_;
    Reexec reexec_;
};

} // namespace initd
