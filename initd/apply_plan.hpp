// SPDX-License-Identifier: Apache-2.0
// What an Apply comes to, before anything is done: which files are to be written and removed, and what the client will
// be told. Computes only.
#pragma once

#include "initd/manifests.hpp"
#include "initd/objects.hpp"
#include "initd/order.hpp"
#include "initd/pods.hpp"
#include "initd/roles.hpp"
#include "spec/control.hpp"

#include <expected>
#include <string>
#include <vector>

namespace initd {

struct InForce { // what there is now
    const Manifests& manifests;
    const PodStore& pods;
    const ObjectStore& objects;
    const Order& order;
};

struct ApplyPlan {
    FileChanges changes;   // on disk; none for what is so already
    std::string content;   // of all files, in their order
    spec::Applied applied; // the reply
};

// Where what podctl applies is kept.
const std::string& kept_directory(const Manifests& manifests);

// All of the call's objects, in whatever order, or an error that says what is wrong with each. The last directory of
// the manifests forgets at reboot (transient), the one before it is kept.
std::expected<ApplyPlan, spec::ControlError> plan_apply(const spec::Apply& call, const InForce& now);

} // namespace initd
