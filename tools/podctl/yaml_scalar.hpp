// SPDX-License-Identifier: Apache-2.0
// What a plain YAML scalar means to kubectl: YAML 1.1 as sigs.k8s.io/yaml (a fork of go-yaml v2) resolves it.
//
// yes, no, on, off, y and n are booleans; 0644, 0o644, 0x1F and 0b11 are integers, and so is 1_000; timestamps and
// base-60 numbers stay strings, but are quoted when written, because other readers think otherwise.
#pragma once

#include <string>
#include <string_view>

namespace ctl {

enum class ScalarKind : unsigned char { Null, Bool, Int, Float, String };

struct Scalar {
    ScalarKind kind = ScalarKind::String;
    std::string json;  // as JSON writes it; "" for a string, and for infinity and NaN, which JSON cannot write
    double number = 0; // of a Float
};

Scalar resolve_plain(std::string_view text);

// What sigs.k8s.io/yaml makes of a number that is a mapping's key: the digits of a float of 32 bits.
std::string float_key(double number);

// Would this string, written plain, be read as something else by kubectl or another YAML 1.1 reader?
bool needs_quotes(std::string_view text);

} // namespace ctl
