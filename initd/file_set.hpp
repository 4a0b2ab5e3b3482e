// SPDX-License-Identifier: Apache-2.0
// Changes to the files of a directory that are made together or not at all, whenever the power is cut.
//
// A set is a directory inside of that directory: files by the names that they are to have there, and one called
// "remove" with the paths of those that are to go, each ended by a NUL. Its own name says how far it is, and one rename
// decides:
//   .podinit-new     is being written: whoever comes next removes it
//   .podinit-commit  is decided: whoever comes next finishes it, as often as it takes
//   .podinit-trial   what takes back a change that has been made on trial; a boot that finds one decides for it
// Who changes files holds the directory's lock (flock). For helpers: all of this may block.
#pragma once

#include "ns/fd.hpp"

#include <cstddef>
#include <span>
#include <string>

namespace initd {

inline constexpr const char* new_set = ".podinit-new";
inline constexpr const char* decided_set = ".podinit-commit";
inline constexpr const char* trial_set = ".podinit-trial";

// Is there anything for the helper to do?
bool has_open_set(const char* directory) noexcept;

// Each function is false with errno when it has failed.

// The directory, made if it is missing and then durable, with its lock and no set of others that is under way.
ns::Fd open_changing(const char* directory);

// An empty new set.
ns::Fd begin_set(int place);
// The next `bytes` of `content` as a file of the set, durable by itself.
bool add_to_set(int set, const char* name, int content, std::size_t bytes, mode_t mode);
// What is to go, and the set is durable.
bool end_set(int set, std::span<const std::string> removed);

// Nothing, when there is none.
bool rename_set(int place, const char* from, const char* to);
// Carries the decided one out, if there is one; the names of its files, and of what it removes, are added to `names`.
bool finish_set(int place, std::string* names = nullptr);
void drop_set(int place, const char* name);

} // namespace initd
