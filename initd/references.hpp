// SPDX-License-Identifier: Apache-2.0
// What a manifest's references stand for, in environments and in volumes alike: to the pod itself (the downward API),
// and to ConfigMaps and Secrets.
#pragma once

#include "spec/object.hpp"
#include "spec/pod.hpp"

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace initd {

struct NodeFacts;

// "metadata.name", "metadata.labels['app']", "status.hostIP", ...: validation has seen to it that it is one of them. A
// label that is not there is empty. "metadata.labels" as a whole: sorted lines KEY="VALUE" without an end of line after
// the last (kubernetes, pkg/fieldpath).
std::string field_value(const spec::ObjectFieldSelector& selector, const spec::Pod& pod, const NodeFacts& node);

// A limit or request, divided by the divisor and rounded up; of `self` where the selector names no container. A limit
// that is not set is the pod's, else all that the machine has. The error is a sentence.
std::expected<std::string, std::string> resource_value(const spec::ResourceFieldSelector& selector,
                                                       const spec::Pod& pod, const spec::Container* self,
                                                       const NodeFacts& node);

// Does the container's environment tell anything of the machine that has to be looked up?
bool asks_the_node(const spec::Container& container) noexcept;

// "configmap "x" not found".
std::string object_not_found(spec::Kind kind, std::string_view name);
// The value of a key in an object's data, which is sorted; nullptr: there is no such key.
const std::string* find_key(const spec::StringMap& data, std::string_view key) noexcept;

// As Go's strconv.Quote(): the text is UTF-8; what cannot be printed is escaped.
std::string go_quoted(std::string_view text);

} // namespace initd
