// SPDX-License-Identifier: Apache-2.0
// Columns from tabs, by the rules of Go's text/tabwriter, which all of kubectl's tables go through.
//
// A cell is text that a tab ends; what follows the last tab of a line is no cell and is never padded. A column is a run
// of consecutive lines that have that cell, and is as wide as its widest cell.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ctl {

struct TabStops {
    std::size_t min_width = 0;
    std::size_t padding = 2;
};
inline constexpr TabStops table_stops{6, 3};    // kubectl get
inline constexpr TabStops describe_stops{0, 2}; // kubectl describe

std::string align(std::string_view text, TabStops stops);

// Rows of cells as one aligned table.
std::string table(const std::vector<std::vector<std::string>>& rows);

} // namespace ctl
