// SPDX-License-Identifier: Apache-2.0
// The field-table engine (internal to spec): one row per JSON field, reader and writer follow from the member's type.
//
//     template <> inline constexpr std::string_view name_of<Volume> = "Volume";
//     template <> inline constexpr auto rows_of<Volume> = std::array{
//         field<&Volume::empty_dir>("emptyDir"),
//         required<&Volume::name>("name"),
//         refused("nfs", "volumes are ..."),
//     };
//     template <> inline constexpr auto names_of<Protocol> = std::array<std::string_view, 3>{"TCP", "UDP", "SCTP"};
//
// Adding a field is a member and a row. What the compiler makes for a row is a constant and one tiny accessor; what it
// makes for a member type is a `Type`, and one reader and one writer interpret all of them.
#pragma once

#include "spec/json.hpp"
#include "spec/pod.hpp"
#include "spec/problem.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <iterator>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace spec::fields {

enum class Presence : std::uint8_t {
    Required,
    Optional,
    Server,  // set by the server: read only from what podinit itself wrote (Mode::Output), else skipped: with a
             // warning when the row has a reason, without one in silence
    Ignored, // known to Kubernetes, without a meaning on one machine: checked for its shape, kept as JSON, a warning
    Unsupported, // known to Kubernetes, not honoured yet: an error, unless the value asks for nothing
    Refused,     // the same, and even an empty value asks for something
};

struct Type;

struct Row {
    std::string_view name;
    Presence presence = Presence::Optional;
    bool always = false; // written even when it is unset; Ignored: kept even when it is `unless`
    const Type* type = nullptr;
    void* (*member)(void* object) = nullptr; // Ignored: the struct's StringMap of name to JSON. None: nothing is kept
    std::string_view why{};                  // Server, Ignored, Unsupported, Refused: the reason, for the message
    std::string_view unless{}; // Unsupported, Ignored: a value that changes nothing and is accepted in silence
};

// What there is to know about a member's type. Which of the members are used depends on the kind.
struct Type {
    enum class Kind : std::uint8_t {
        String,
        Bool,
        Int,
        Enum,
        Struct,
        List,
        Optional,
        StringMap,
        Raw,
        Text,
        IntOrString
    };
    Kind kind;
    std::uint8_t bytes = 0;                  // Int: 4 or 8, signed
    std::string_view name{};                 // Struct: as the API calls it, "PodSpec"
    const Row* rows = nullptr;               // Struct: see make_struct_type()
    const std::string_view* names = nullptr; // Enum, one byte wide: the name of each value
    const Type* element = nullptr;           // List, Optional; StringMap: of the values, when they are no plain strings
    void* (*add)(void* container) = nullptr; // List: appends an element. Optional: makes the value
    void (*reserve)(void* list, std::size_t n) = nullptr;
    // List, Optional: the first of `count` elements, which are `stride` bytes apart.
    const void* (*elements)(const void* container, std::size_t& count) = nullptr;
    // Text: a value with a syntax of its own inside a JSON string, such as a duration. parse() returns what is wrong,
    // or "". It is also given the literal of a JSON number when `numbers` is set, as Kubernetes allows for quantities.
    std::string_view (*parse)(std::string_view text, void* member) = nullptr;
    void (*print)(std::string& out, const void* member) = nullptr; // appends the text, without quotes; nothing: unset
    // There are hundreds of types, so that the short ones are together.
    std::uint32_t stride = 0;
    std::uint16_t row_count = 0;
    std::uint16_t required_count = 0; // of the rows
    std::uint16_t name_count = 0;
    bool numbers = false;
};

// Specialise these for the structs and the enums that appear in rows.
template <class T>
inline constexpr std::nullptr_t rows_of = nullptr;
template <class T>
inline constexpr std::nullptr_t names_of = nullptr;
template <class T>
inline constexpr std::string_view name_of{};

// ---- types ------------------------------------------------------------------------------------------------------

template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct IsOptional<Box<T>> : std::true_type {};

template <class T>
constexpr Type make_type();
template <class T>
inline constexpr Type type_of = make_type<T>();

template <class V>
constexpr Type make_list_type(const Type* element = &type_of<typename V::value_type>) {
    return {.kind = Type::Kind::List,
            .element = element,
            .add = [](void* list) -> void* { return &static_cast<V*>(list)->emplace_back(); },
            .reserve = [](void* list, std::size_t n) { static_cast<V*>(list)->reserve(n); },
            .elements = [](const void* list, std::size_t& count) -> const void* {
                count = static_cast<const V*>(list)->size();
                return static_cast<const V*>(list)->data();
            },
            .stride = sizeof(typename V::value_type)};
}

template <class O>
constexpr Type make_optional_type(const Type* element = &type_of<typename O::value_type>) {
    return {.kind = Type::Kind::Optional,
            .element = element,
            .add = [](void* value) -> void* { return &static_cast<O*>(value)->emplace(); },
            .elements = [](const void* value, std::size_t& count) -> const void* {
                const O& optional = *static_cast<const O*>(value);
                count = optional.has_value();
                return optional ? &*optional : nullptr;
            }};
}

// `rows` must outlive the type.
template <class Rows>
constexpr Type make_struct_type(std::string_view name, const Rows& rows) {
    std::uint16_t required = 0;
    for (const Row& row : rows)
        if (row.presence == Presence::Required)
            ++required;
    return {.kind = Type::Kind::Struct,
            .name = name,
            .rows = std::data(rows),
            .row_count = static_cast<std::uint16_t>(std::size(rows)),
            .required_count = required};
}

template <class T>
constexpr Type make_type() {
    using Kind = Type::Kind;
    if constexpr (std::is_same_v<T, std::string>)
        return {.kind = Kind::String};
    else if constexpr (std::is_same_v<T, bool>)
        return {.kind = Kind::Bool};
    else if constexpr (std::is_same_v<T, std::int32_t> || std::is_same_v<T, std::int64_t>)
        return {.kind = Kind::Int, .bytes = sizeof(T)};
    else if constexpr (std::is_same_v<T, StringMap>)
        return {.kind = Kind::StringMap};
    else if constexpr (std::is_same_v<T, RawJson>)
        return {.kind = Kind::Raw};
    else if constexpr (std::is_same_v<T, IntOrString>)
        return {.kind = Kind::IntOrString};
    else if constexpr (std::is_enum_v<T>) {
        static_assert(sizeof(T) == 1);
        return {.kind = Kind::Enum, .names = names_of<T>.data(), .name_count = names_of<T>.size()};
    } else if constexpr (IsVector<T>::value)
        return make_list_type<T>();
    else if constexpr (IsOptional<T>::value)
        return make_optional_type<T>();
    else
        return make_struct_type(name_of<T>, rows_of<T>);
}

// ---- rows -------------------------------------------------------------------------------------------------------

template <class M>
struct MemberOf;
template <class C, class T>
struct MemberOf<T C::*> {
    using Class = C;
    using Value = T;
};

template <auto M>
constexpr Row make_row(std::string_view name, Presence presence, bool always, const Type* type) {
    using Class = typename MemberOf<decltype(M)>::Class;
    return {.name = name, .presence = presence, .always = always, .type = type, .member = [](void* object) -> void* {
                return &(static_cast<Class*>(object)->*M);
            }};
}
template <auto M>
inline constexpr const Type* member_type = &type_of<typename MemberOf<decltype(M)>::Value>;

// A field that may be left out, and is not written when it is unset: an empty optional, string, list or map, false, 0.
template <auto M>
constexpr Row field(std::string_view name, const Type* type = member_type<M>) {
    return make_row<M>(name, Presence::Optional, false, type);
}
template <auto M>
constexpr Row always_written(std::string_view name, const Type* type = member_type<M>) {
    return make_row<M>(name, Presence::Optional, true, type);
}
template <auto M>
constexpr Row required(std::string_view name, const Type* type = member_type<M>) {
    return make_row<M>(name, Presence::Required, true, type);
}
template <auto M>
constexpr Row server_set(std::string_view name, const Type* type = member_type<M>) {
    return make_row<M>(name, Presence::Server, false, type);
}
constexpr Row server_set(std::string_view name, std::string_view why = {}) {
    return {.name = name, .presence = Presence::Server, .why = why};
}
// A field of `type` whose JSON is kept in the map of name to JSON that M is. It is accepted in silence, and not kept,
// when it is the API's default `unless`.
template <auto M>
constexpr Row ignored(std::string_view name, const Type* type, std::string_view why, std::string_view unless = {}) {
    Row row = make_row<M>(name, Presence::Ignored, false, type);
    row.why = why;
    row.unless = unless;
    return row;
}
// A field of a value of which only the shape is checked.
constexpr Row shape(std::string_view name, const Type* type) {
    return {.name = name, .type = type};
}
constexpr Row unsupported(std::string_view name, std::string_view why = {}, std::string_view unless = {}) {
    return {.name = name, .presence = Presence::Unsupported, .why = why, .unless = unless};
}
constexpr Row refused(std::string_view name, std::string_view why = {}) {
    return {.name = name, .presence = Presence::Refused, .why = why};
}

// ---- reading ----------------------------------------------------------------------------------------------------

enum class Mode : std::uint8_t {
    Strict, // what a user wrote: an unknown field is an error
    Lax,    // what another tool wrote: unknown, ignored and unsupported fields are skipped in silence
    Output, // what podinit wrote: as Lax, and fields set by the server are read
};

// No document needs more than this many of its problems told; a hostile one could have a million.
inline constexpr std::size_t max_problems = 100;
void add_problem(Problems& problems, Problem problem);
// Is there no room for one more? If so, the last of them says that there are more.
bool is_full(Problems& problems, Severity severity);

struct Reader {
    const json::Node& root; // for the pointers of problems
    Mode mode = Mode::Strict;
    Problems problems{};

    // `member` points to a value of the C++ type that `type` describes, in its initial state. Without one the value is
    // only checked.
    void read(const json::Node& node, const Type& type, void* member);
    template <class T>
    void read(const json::Node& node, T& value) {
        read(node, type_of<T>, &value);
    }

    void error(const json::Node& node, std::string message);
    void warning(const json::Node& node, std::string message);

  private:
    void read_struct(const json::Node& node, const Type& type, void* object);
    void read_row(const json::Node& key, const Row& row, void* object);
    void keep(const json::Node& key, const Row& row, void* object);
    void read_int(const json::Node& node, const Type& type, void* member);
    void read_int_or_string(const json::Node& node, IntOrString* member);
    void read_enum(const json::Node& node, const Type& type, void* member);
    void read_text(const json::Node& node, const Type& type, void* member);
    void read_list(const json::Node& node, const Type& type, void* list);
    void read_map(const json::Node& node, const Type& type, StringMap* map);
    void unknown_field(const json::Node& key, const Type& type);
    bool expect(const json::Node& node, json::Kind kind);
    void missing(const json::Node& object, std::string_view name);
};

// Text to value and back. The value is what the text says and nothing more: no defaults, no validation.
template <class T>
std::expected<T, Problems> from_json(std::string_view text, Mode mode, std::size_t max_bytes) noexcept try {
    auto document = json::parse(text, max_bytes);
    if (!document)
        return std::unexpected(std::move(document.error()));
    Reader reader{.root = document->root(), .mode = mode};
    T value;
    reader.read(document->root(), value);
    if (has_errors(reader.problems))
        return std::unexpected(std::move(reader.problems));
    return value;
} catch (const std::exception&) {
    return std::unexpected(json::out_of_memory());
}

// ---- writing ----------------------------------------------------------------------------------------------------

// Does it say anything? An optional that is there does, and a struct of which a row would be written.
bool is_set(const Type& type, const void* member);

void write(std::string& out, const Type& type, const void* member);
template <class T>
void write(std::string& out, const T& value) {
    write(out, type_of<T>, &value);
}

} // namespace spec::fields
