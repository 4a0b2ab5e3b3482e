// SPDX-License-Identifier: Apache-2.0
// Something to keep, with a field of every sort.
#pragma once

#include "initd/state/archive.hpp"

namespace initd {

enum class Colour : std::uint8_t { Red, Green, Blue };

struct Wheel {
    std::int32_t size = 7;
    friend bool operator==(const Wheel&, const Wheel&) = default;
};
template <class Archive>
void fields(Archive& a, Of<Wheel> auto& wheel) {
    a(wheel.size);
}

struct Cart {
    bool loaded = false;
    Colour colour = Colour::Red;
    Millis age = never;
    std::string name;
    std::vector<Wheel> wheels;
    std::uint64_t number = 0;
    friend bool operator==(const Cart&, const Cart&) = default;
};
template <class Archive>
void fields(Archive& a, Of<Cart> auto& cart) {
    a(cart.loaded);
    a.upto(cart.colour, Colour::Blue);
    a(cart.age);
    a(cart.name);
    a.list(cart.wheels);
    a(cart.number);
}

inline Cart cart(std::uint64_t number, std::size_t length = 5) {
    return {.loaded = number % 2 == 1,
            .colour = static_cast<Colour>(number % 3),
            .age = Millis{static_cast<std::int64_t>(number) - 1},
            .name = std::string(length, static_cast<char>('a' + number % 26)),
            .wheels = std::vector<Wheel>(number % 5, Wheel{static_cast<std::int32_t>(number)}),
            .number = number};
}

} // namespace initd
