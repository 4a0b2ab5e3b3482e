// SPDX-License-Identifier: Apache-2.0
// What podinit has told of pods, asked for and laid out as kubectl does.
#pragma once

#include "spec/event.hpp"
#include "tools/podctl/client.hpp"
#include "tools/podctl/objects.hpp"
#include "tools/podctl/print_pods.hpp"

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ctl {

// "events", "event" or "ev".
bool is_events(std::string_view resource);

struct ListedEvent {
    spec::Event event;
    std::string json; // as podinit sent it
};
// Empty: of every namespace, of every pod. The one that was told last comes last.
std::expected<std::vector<ListedEvent>, spec::ControlError> list_events(Client& client, const std::string& namespace_,
                                                                        const std::string& pod);

// Without space around it, and without what would change the terminal that it is shown on.
std::string printable(std::string_view message);

// "3s", or "3s (x5 over 2m)" of what was told more than once.
std::string interval(const spec::Event& event, std::int64_t now_ms);

// What the words behind `get events` ask for, as the objects of a List: sorted by namespace and name.
Found find_events(Client& client, const Common& common, std::span<const std::string> names, bool all_namespaces);
// kubectl's table of them.
std::string event_table(const std::vector<ListedObject>& events, RowOptions options, bool headers, std::int64_t now_ms);

} // namespace ctl
