// SPDX-License-Identifier: Apache-2.0
// A pod as one row, by the rules of kubectl's printPod (pkg/printers/internalversion).
#pragma once

#include "spec/status.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace ctl {

struct RowOptions {
    bool wide = false;
    bool with_namespace = false;
    bool with_kind = false; // "pod/NAME"
    bool show_labels = false;
};

// The STATUS column: the phase, unless a container or a deletion has more to say.
std::string pod_status(const spec::PodView& view);

std::vector<std::string> pod_header(RowOptions options);
std::vector<std::string> pod_row(const spec::PodView& view, RowOptions options, std::int64_t now_ms);

// "a=1,b=2" sorted, or "<none>".
std::string labels_text(spec::StringMap labels);

} // namespace ctl
