// SPDX-License-Identifier: Apache-2.0
// The parts that descriptions share (internal to describe*.cpp). Text with tabs first, columns at the end: what lines
// up with what follows from which lines are neighbours.
#pragma once

#include "spec/status.hpp"

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ctl::describing {

class Writer {
  public:
    // A line, indented by two spaces a level.
    void line(std::size_t level, std::initializer_list<std::string_view> parts);

    std::string text;
};

std::string_view or_none(std::string_view text);
std::string_view true_or_false(const std::optional<bool>& value);

// Local time, as Go's RFC1123Z; its zero time for none.
std::string time_text(std::string_view rfc3339);

std::vector<std::string_view> lines_of(std::string_view text);

// "TITLE:  a=1" and one more line for each.
void labels(Writer& out, std::string_view title, spec::StringMap map);
void annotations(Writer& out, std::string_view title, spec::StringMap map);

enum class Where : unsigned char { Pod, Template }; // a template's parts stand a little further in

// `pod` gives the values that variables take from it; of a template's containers it says nothing.
void containers(Writer& out, std::string_view title, const std::vector<spec::Container>& list,
                std::span<const spec::ContainerStatus> statuses, const spec::Pod& pod, Where where);
// At level 0 of a pod, deeper of a container.
void seccomp(Writer& out, std::size_t level, const spec::SecurityProfile& profile);
void volumes(Writer& out, const std::vector<spec::Volume>& list, Where where);
// Node-Selectors and Tolerations.
void placement(Writer& out, const spec::PodSpec& spec, Where where);

} // namespace ctl::describing
