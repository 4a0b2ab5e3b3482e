// SPDX-License-Identifier: Apache-2.0
// The engine on a table of its own, with every kind of member.
#include "spec/fields.hpp"

#include "tests/catch.hpp"
#include "tests/spec/pods.hpp"

#include <charconv>

using namespace spec;

namespace {

enum class Colour : std::uint8_t { Red, Green };

struct Part {
    std::string name;
    std::optional<std::int32_t> size;
};

struct Bare {
    std::string text;
};

struct Whole {
    std::string id;
    bool on = false;
    std::int32_t small = 0;
    std::int64_t big = 0;
    std::optional<Colour> colour;
    std::vector<std::string> words;
    std::vector<Part> parts;
    std::optional<Part> part;
    StringMap map;
    RawJson raw;
    std::string made;
    std::int64_t percent = -1;
    bool shown = false;
    std::optional<IntOrString> port;
    Box<Part> boxed;
    StringMap sizes;
    Bare bare;
    StringMap kept;
};

constexpr fields::Type percentage{
    .kind = fields::Type::Kind::Text,
    .parse = [](std::string_view text, void* member) -> std::string_view {
        std::int64_t& value = *static_cast<std::int64_t*>(member);
        const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), value);
        return wrong == std::errc() && std::string_view(end, text.data() + text.size()) == "%" ? ""
                                                                                               : "not a percentage";
    },
    .print =
        [](std::string& out, const void* member) {
            const std::int64_t value = *static_cast<const std::int64_t*>(member);
            if (value >= 0)
                out += std::to_string(value) + '%';
        },
};

constexpr fields::Type whole_percent{
    .kind = fields::Type::Kind::Text,
    .parse = [](std::string_view text, void* member) -> std::string_view {
        if (!text.ends_with('%'))
            return "not a percentage";
        if (member)
            *static_cast<std::string*>(member) = text;
        return {};
    },
    .print = [](std::string& out, const void* member) { out += *static_cast<const std::string*>(member); },
};

} // namespace

namespace spec::fields {

constexpr Type percentages{.kind = Type::Kind::StringMap, .element = &whole_percent};
constexpr auto old_rows = std::array{shape("age", &type_of<std::int32_t>), shape("of", &type_of<std::string>)};
constexpr Type old_shape = make_struct_type("Old", old_rows);
constexpr Type olds_shape{.kind = Type::Kind::List, .element = &old_shape};

template <>
inline constexpr auto names_of<Colour> = std::array<std::string_view, 2>{"red", "green"};
template <>
inline constexpr auto rows_of<Part> = std::array{
    required<&Part::name>("name"),
    field<&Part::size>("size"),
};
template <>
inline constexpr auto rows_of<Bare> = std::array{
    field<&Bare::text>("text"),
};
template <>
inline constexpr auto rows_of<Whole> = std::array{
    required<&Whole::id>("id"),
    field<&Whole::on>("on"),
    field<&Whole::small>("small"),
    field<&Whole::big>("big"),
    field<&Whole::colour>("colour"),
    field<&Whole::words>("words"),
    field<&Whole::parts>("parts"),
    field<&Whole::part>("part"),
    field<&Whole::map>("map"),
    field<&Whole::raw>("raw"),
    field<&Whole::percent>("percent", &percentage),
    always_written<&Whole::shown>("shown"),
    server_set<&Whole::made>("made"),
    ignored<&Whole::kept>("old", &olds_shape, "it is old"),
    ignored<&Whole::kept>("older", &type_of<std::string>, "it is old", "fine"),
    field<&Whole::port>("port"),
    field<&Whole::boxed>("boxed"),
    field<&Whole::sizes>("sizes", &percentages),
    field<&Whole::bare>("bare"),
    unsupported("later", {}, R"({"like":"now"})"),
    refused("never", "it is bad"),
};

} // namespace spec::fields

namespace {

std::string round_trip(std::string_view json, fields::Mode mode = fields::Mode::Strict) {
    const auto value = fields::from_json<Whole>(json, mode, 1 << 20);
    if (!value)
        return tests::describe(value.error());
    std::string out;
    fields::write(out, *value);
    return out;
}

} // namespace

TEST_CASE("a value is written as it was read") {
    const std::string_view texts[] = {
        R"({"id":"x","shown":false})",
        R"({"id":"","shown":true})",
        R"({"id":"x","on":true,"small":-2147483648,"big":9223372036854775807,"colour":"green","words":["a",""],)"
        R"("parts":[{"name":"p","size":0},{"name":"q"}],"part":{"name":"r"},"map":{"k":"v","j":""},)"
        R"("raw":[{"x":1.50}],"percent":"7%","shown":true})",
        R"({"id":"x","shown":false,"port":8080})",
        R"({"id":"x","shown":false,"port":"http","boxed":{"name":"b","size":7},"sizes":{"a":"1%","b":"2%"},)"
        R"("bare":{"text":"n"}})",
        R"({"id":"x","shown":false,"port":""})",
    };
    for (const std::string_view text : texts)
        CHECK(round_trip(text) == text);
}

TEST_CASE("unset, empty and null are the same") {
    CHECK(round_trip(R"({"id":"x","on":null,"small":null,"words":[],"parts":null,"part":null,"map":{},"colour":null,
        "later":null,"old":null,"never":null,"shown":null})") == R"({"id":"x","shown":false})");
}

TEST_CASE("every wrong value is complained about") {
    CHECK(
        round_trip(R"({"id":null,"on":1,"small":2147483648,"big":1.0,"colour":"blue","words":{},"parts":[{},{"name":1}],
        "part":[],"map":{"a":1},"percent":"7","later":{},"older":"fine","never":{},"port":true,"boxed":{},"sizes":{"a":"1","b":1},"idd":0})") ==
        R"(/on: expected a boolean, not a number
/small: 2147483648 does not fit in 32 bits
/big: expected an integer, not 1.0
/colour: unsupported value "blue"; supported values: "red", "green"
/words: expected an array, not an object
/parts/0/name: required value
/parts/1/name: expected a string, not a number; write "1"
/part: expected an object, not an array
/map/a: expected a string, not a number; write "1"
/percent: not a percentage
/never: "never" is not supported by this version of podinit: it is bad
/port: expected a number or a string, not a boolean
/boxed/name: required value
/sizes/a: not a percentage
/sizes/b: expected a string, not a number; write "1"
/idd: unknown field "idd"; did you mean "id"?
/id: required value
)");
}

TEST_CASE("a value that changes nothing is no reason to refuse") {
    CHECK(round_trip(R"({"id":"x","later":{"like":"now"}})") == R"({"id":"x","shown":false})");
    CHECK(round_trip(R"({"id":"x","later":{"like":"then"}})") ==
          "/later: \"later\" is not supported by this version of podinit\n");
}

TEST_CASE("what is ignored is told, kept and written in its place, and its shape is checked") {
    const std::string_view text = R"({"id":"x","shown":false,"old":[{"age":3},{"of":"a"}],"older":"y"})";
    CHECK(round_trip(text) == text);
    CHECK(round_trip(text, fields::Mode::Output) == text);
    CHECK(round_trip(R"({"id":"x","old":[],"older":"fine"})") == R"({"id":"x","shown":false})");
    CHECK(round_trip(R"({"id":"x","old":[{"ag":3},{"age":"3"},{"of":3}],"older":1})") ==
          R"(/old/0/ag: unknown field "ag"; did you mean "age"?
/old/1/age: expected a number, not a string
/old/2/of: expected a string, not a number; write "3"
/old: ignored: it is old
/older: expected a string, not a number; write "1"
/older: ignored: it is old
)");
}

TEST_CASE("a number where a name may be is an integer of 32 bits") {
    CHECK(round_trip(R"({"id":"x","port":1.5})") == "/port: expected an integer, not 1.5\n");
    CHECK(round_trip(R"({"id":"x","port":2147483648})") == "/port: 2147483648 does not fit in 32 bits\n");
}

TEST_CASE("what a server sets is read from podinit's own output only") {
    const std::string_view text = R"({"id":"x","shown":false,"made":"today"})";
    CHECK(round_trip(text, fields::Mode::Output) == text);
    CHECK(round_trip(text) == R"({"id":"x","shown":false})");
}

TEST_CASE("other tools may write more than we know") {
    const std::string_view text = R"({"id":"x","unknown":1,"later":1,"never":1})";
    CHECK(round_trip(text, fields::Mode::Lax) == R"({"id":"x","shown":false})");
    CHECK(round_trip(text, fields::Mode::Output) == R"({"id":"x","shown":false})");
}
