// SPDX-License-Identifier: Apache-2.0
// What every field of the table means, for people (internal to spec, and linked to podctl only: PID 1 explains
// nothing).
//
// Types have the names that `kubectl explain` shows. A test sees that every row has a description and that none is left
// over. What becomes of a field is not said here: that the table knows.
#pragma once

#include <span>
#include <string_view>

namespace spec {

struct FieldDoc {
    std::string_view field;
    std::string_view text;       // sentences
    std::string_view fallback{}; // the default, as YAML or in words; empty: none
    std::string_view type{};     // of a field that is refused or the server's: the table does not know it
};

struct TypeDoc {
    std::string_view type; // "PodSpec"
    std::string_view text;
    std::span<const FieldDoc> fields; // sorted by name
};

// A group of them for each file, so that none outgrows a reader.
extern const std::span<const TypeDoc> pod_docs;
extern const std::span<const TypeDoc> container_docs;
extern const std::span<const TypeDoc> volume_docs;
extern const std::span<const TypeDoc> scheduling_docs;
extern const std::span<const TypeDoc> object_docs;

// nullptr: not described.
const TypeDoc* find_type_doc(std::string_view type) noexcept;
const FieldDoc* find_field_doc(std::string_view type, std::string_view field) noexcept;

} // namespace spec
