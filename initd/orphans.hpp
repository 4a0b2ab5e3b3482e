// SPDX-License-Identifier: Apache-2.0
// What is in force because of a former podinit, and whose file went while nobody looked.
#pragma once

#include "initd/manifests.hpp"
#include "initd/objects.hpp"
#include "initd/pods.hpp"

#include <vector>

namespace initd {

// Once every directory has been read: what no file holds any more is to be removed. True: of some it cannot be said
// yet, since their file or its directory cannot be read; they stay, and it is to be asked again when something has
// changed. May throw bad_alloc.
bool find_orphans(const PodStore& pods, const ObjectStore& objects, const Manifests& manifests,
                  std::vector<ObjectChange>& changes);

} // namespace initd
