// SPDX-License-Identifier: Apache-2.0
// A row of the field table as people are told of it: what it is, what becomes of it, and why (internal to spec, and
// linked to podctl only).
#pragma once

#include "spec/field_docs.hpp"
#include "spec/fields.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace spec {

enum class Fate : std::uint8_t {
    Honoured,
    NotYet,  // read and checked, and this version does not act on it
    Blocks,  // the same, and no container that it is for is started
    Ignored, // checked for its shape, a warning
    Server,  // set by the server; in a manifest it is passed over
    Refused,
};

struct FieldView {
    const fields::Row* row = nullptr;
    const FieldDoc* doc = nullptr;
    Fate fate = Fate::Honoured;
    std::string_view why{}; // NotYet, Blocks, Ignored, Refused
    bool required = false;

    std::string type_name() const; // as kubectl writes it: "[]Container", "map[string]string", "integer"
    // The struct that the field, or each of its elements, is; nullptr: none.
    const fields::Type* structure() const;
    // The value itself, or each of the elements, is one of these; empty: anything.
    std::span<const std::string_view> values() const;
};

// The fields of a struct, sorted by name. `above` is the field that it is the value of, whose fate the others share
// when it is not honoured.
std::vector<FieldView> fields_of(const fields::Type& structure, const FieldView* above);

// "honoured, default: 30", "ignored: there is one machine, so nothing is scheduled"
std::string what_becomes(const FieldView& field);

} // namespace spec
