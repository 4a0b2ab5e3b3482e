// SPDX-License-Identifier: Apache-2.0
// Makes the interface definition from the field tables once more, and compares definition by definition.
#include "spec/control_tables.hpp"

#include "tests/catch.hpp"

#include <set>
#include <string>
#include <string_view>

namespace {

using spec::fields::Presence;
using spec::fields::Type;
using spec::fields::type_of;

using Definitions = std::set<std::string>;

// "type Problem (index: int, ...)" and so on, without white space and comments.
Definitions definitions(std::string_view idl) {
    Definitions all;
    std::string one;
    const auto starts = [](std::string_view line) {
        return line.starts_with("type ") || line.starts_with("method ") || line.starts_with("error ");
    };
    while (!idl.empty()) {
        const std::string_view line = idl.substr(0, idl.find('\n'));
        idl.remove_prefix(std::min(line.size() + 1, idl.size()));
        if (starts(line) && !one.empty()) {
            all.insert(one);
            one.clear();
        }
        const std::string_view code = line.substr(0, line.find('#'));
        if (starts(line) || !one.empty())
            for (const char c : code)
                if (c != ' ')
                    one += c;
    }
    all.insert(one);
    return all;
}

// What is defined under a name of its own.
struct Named {
    const Type* type;
    std::string name;
} const named[] = {
    {&type_of<spec::Outcome>, "Outcome"},
    {&type_of<spec::Rollout>, "Rollout"},
    {&type_of<spec::Applied::Unready>, "Unready"},
    {&type_of<spec::DeleteState>, "DeleteState"},
    {&type_of<spec::PowerAction>, "PowerAction"},
    {&type_of<spec::Applied::Item>, "AppliedItem"},
    {&type_of<spec::Feature>, "Feature"},
    {&type_of<spec::RejectedManifest>, "RejectedManifest"},
    {&type_of<spec::ControlError::Item>, "Problem"},
};

std::string type_text(const Type& type) {
    for (const Named& each : named)
        if (each.type == &type)
            return each.name;
    switch (type.kind) {
    case Type::Kind::String: return "string";
    case Type::Kind::Bool: return "bool";
    case Type::Kind::Int: return "int";
    case Type::Kind::List: return "[]" + type_text(*type.element);
    case Type::Kind::Optional: return "?" + type_text(*type.element);
    case Type::Kind::StringMap: return "[string]string";
    case Type::Kind::Raw: return "object";
    case Type::Kind::Enum:
    case Type::Kind::Struct:
    case Type::Kind::Text:
    case Type::Kind::IntOrString: break;
    }
    FAIL("a type without a name in the definition");
    return {};
}

std::string fields_text(const Type& type, bool required_only = false) {
    std::string text;
    for (std::size_t i = 0; i < type.row_count; ++i) {
        const auto& row = type.rows[i];
        const bool required = row.presence == Presence::Required;
        if (required_only && !required)
            continue;
        const bool question = !required && row.type->kind != Type::Kind::Optional;
        text += (text.empty() ? "" : ",") + std::string(row.name) + (question ? ":?" : ":") + type_text(*row.type);
    }
    return "(" + text + ")";
}

std::string named_text(const Named& each) {
    if (each.type->kind == Type::Kind::Struct)
        return "type" + each.name + fields_text(*each.type);
    std::string text;
    for (std::size_t i = 0; i < each.type->name_count; ++i)
        text += (i == 0 ? "" : ",") + std::string(each.type->names[i]);
    return "type" + each.name + "(" + text + ")";
}

Definitions from_tables(std::string_view interface) {
    const std::string prefix = std::string(interface) + ".";
    const bool service = interface == spec::service_interface;
    Definitions all;
    for (std::size_t i = 0; i < spec::methods.size(); ++i)
        if (spec::methods[i].name.starts_with(prefix))
            all.insert("method" + std::string(spec::methods[i].name.substr(prefix.size())) +
                       fields_text(*spec::alternatives<spec::Call>[i].type) + "->" +
                       fields_text(*spec::alternatives<spec::Reply>[i].type));
    for (const auto& kind : spec::error_kinds)
        if (kind.name.starts_with(prefix)) // Varlink's own errors hold more than their definition asks for
            all.insert("error" + std::string(kind.name.substr(prefix.size())) + fields_text(kind.type, service));
    if (!service)
        for (const Named& each : named)
            all.insert(named_text(each));
    return all;
}

} // namespace

TEST_CASE("the definition of io.podinit says what the field tables say") {
    CHECK(definitions(spec::control_idl()) == from_tables("io.podinit"));
    CHECK(spec::control_idl().find("\ninterface io.podinit\n") != std::string_view::npos);
}

TEST_CASE("the definition of org.varlink.service is Varlink's") {
    Definitions expected = from_tables("org.varlink.service");
    expected.insert("errorMethodNotImplemented(method:string)"); // never sent
    CHECK(definitions(spec::service_idl()) == expected);
}
