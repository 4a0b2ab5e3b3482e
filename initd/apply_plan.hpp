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
    std::string directory;            // where the files go
    std::vector<StoredFile> files;    // to be written in one go; none for what is so already
    std::string content;              // of all of them
    std::vector<std::string> written; // the same as paths
    std::vector<std::string> unlink;  // paths to be removed after that
    spec::Applied applied;            // the reply
};

// All of the call's objects, in whatever order, or an error that says what is wrong with each. The last directory of
// the manifests forgets at reboot (transient), the one before it is kept.
std::expected<ApplyPlan, spec::ControlError> plan_apply(const spec::Apply& call, const InForce& now);

} // namespace initd
