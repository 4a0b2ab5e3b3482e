// SPDX-License-Identifier: Apache-2.0
// Kubernetes quantities: "64Mi", "1.5G", "100m", "1e3" (apimachinery, pkg/api/resource).
//
// As there, nothing finer than a billionth is kept: it is rounded up (away from zero). Of a quantity with more than 34
// digits the first 34 count, rounded up.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spec {

// The value in whole units, rounded up (away from zero) as Quantity.Value() does; past 64 bits it is the largest value.
// nullopt when the text is no quantity.
std::optional<std::int64_t> parse_quantity(std::string_view text) noexcept;

// The same in thousandths of a unit, as Quantity.MilliValue(): what a cpu is counted in.
std::optional<std::int64_t> milli_quantity(std::string_view text) noexcept;

// How many digits after the point are kept.
enum class Precision : std::uint8_t { Nano = 9, Milli = 3 };

// As Quantity.String() writes it: no fraction, the largest suffix of the family that the text used ("1.5Gi" is
// "1536Mi", "1000m" is "1", "1e3" stays). nullopt when the text is no quantity.
std::optional<std::string> canonical_quantity(std::string_view text, Precision precision = Precision::Nano);

// By the exact values. A text that is no quantity counts as 0.
std::strong_ordering order_quantities(std::string_view a, std::string_view b) noexcept;

// a + b, canonical, in the family of `a` unless that is 0. Neither is negative; a text that is no quantity counts as 0.
std::string add_quantities(std::string_view a, std::string_view b);

} // namespace spec
