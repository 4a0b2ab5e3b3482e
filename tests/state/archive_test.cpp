// SPDX-License-Identifier: Apache-2.0
#include "tests/state/carts.hpp"

#include "tests/catch.hpp"

namespace initd {

namespace {

std::string written(const Cart& value) {
    std::string out;
    encode(out, value);
    return out;
}

struct Read {
    Cart cart;
    bool bad = false;
};

Read read(std::string_view body) {
    Read result;
    Reader reader(body);
    fields(reader, result.cart);
    result.bad = reader.bad();
    return result;
}

} // namespace

TEST_CASE("what is written is read again") {
    for (std::uint64_t number = 0; number < 12; ++number) {
        const Read again = read(written(cart(number)));
        CHECK_FALSE(again.bad);
        CHECK(again.cart == cart(number));
    }
}

TEST_CASE("a body stands in memory as these bytes, whatever the machine") {
    const Cart one{
        .loaded = true, .colour = Colour::Blue, .age = Millis{-1}, .name = "ab", .wheels = {{3}}, .number = 258};
    const std::string_view bytes(
        "\x01\x02\xff\xff\xff\xff\xff\xff\xff\xff\x02\0\0\0ab\x01\0\0\0\x04\0\0\0\x03\0\0\0\x02\x01\0\0\0\0\0\0", 36);
    CHECK(written(one) == bytes);
}

TEST_CASE("a body of a version before leaves what it does not know at its default") {
    const std::string whole = written(cart(3));
    const std::size_t fields_end[] = {0, 1, 2, 10, 19, 19 + 4 + 3 * 8, whole.size()};
    for (std::size_t size = 0; size <= whole.size(); ++size) {
        const Read part = read(std::string_view(whole).substr(0, size));
        const bool between = std::ranges::find(fields_end, size) != std::end(fields_end);
        INFO(size);
        CHECK(part.bad == !between);
        if (size < whole.size())
            CHECK(part.cart.number == 0);
    }
    const Read first = read(std::string_view(whole).substr(0, 2));
    CHECK(first.cart == Cart{.loaded = true, .colour = cart(3).colour});
}

TEST_CASE("a body of a version after is read as far as it is known, also within a list") {
    CHECK(read(written(cart(3)) + "more").cart == cart(3));
    CHECK_FALSE(read(written(cart(3)) + "more").bad);
    std::string wider = written({.wheels = {{3}}});
    const std::size_t wheel = 1 + 1 + 8 + 4 + 4;
    wider[wheel] = 6;
    wider.insert(wheel + 8, "zz");
    CHECK_FALSE(read(wider).bad);
    CHECK(read(wider).cart == Cart{.wheels = {{3}}});
}

TEST_CASE("a value that cannot be makes a body bad") {
    const auto with = [](std::size_t at, char value) {
        std::string body = written({.name = "abc", .wheels = {{1}, {2}}});
        body.at(at) = value;
        return read(body).bad;
    };
    CHECK_FALSE(with(0, 1));
    CHECK(with(0, 2)); // bool
    CHECK_FALSE(with(1, 2));
    CHECK(with(1, 3));     // enum
    CHECK(with(13, 0x7f)); // length of a text
    CHECK(with(20, 0x7f)); // count of a list
    CHECK(with(24, 0x7f)); // size of an entry
}

TEST_CASE("a count is not believed: what is not there costs no memory") {
    std::string body = written({});
    body.resize(14);
    body += std::string(4, '\xff'); // four thousand million wheels
    body += std::string(16, '\0');
    const Read result = read(body);
    CHECK(result.bad);
    CHECK(result.cart.wheels.capacity() <= 8);
}

} // namespace initd
