// SPDX-License-Identifier: Apache-2.0
#include "spec/control_errors.hpp"

#include "spec/control_tables.hpp"
#include "spec/names.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace spec {

namespace {

// For errors whose parameters hold no text for people: the text that follows from the rest.
std::string message_of(const ControlError& error) {
    if (error.name == "io.podinit.NotFound")
        return error.what + ' ' + quoted(error.subject) + " not found";
    if (error.name == "io.podinit.Invalid" && !error.problems.empty())
        return to_text("", {.pointer = error.problems.front().pointer, .message = error.problems.front().message});
    if (error.name == "org.varlink.service.InterfaceNotFound")
        return "interface " + quoted(error.subject) + " not found";
    if (error.name == "org.varlink.service.MethodNotFound")
        return "method " + quoted(error.subject) + " not found";
    if (error.name == "org.varlink.service.InvalidParameter")
        return "invalid parameter " + quoted(error.subject);
    if (error.name == "org.varlink.service.PermissionDenied")
        return "permission denied";
    if (error.name == "org.varlink.service.ExpectedMore")
        return "the call has more than one reply: it needs \"more\"";
    return error.name;
}

} // namespace

ControlError with_message(ControlError error) {
    if (error.message.empty())
        error.message = message_of(error);
    return error;
}

ControlError not_found(std::string_view what, std::string_view name) {
    return with_message({.name = "io.podinit.NotFound", .what = std::string{what}, .subject = std::string{name}});
}

ControlError refused(std::string_view reason) {
    return {.name = "io.podinit.Refused", .message = std::string{reason}};
}

ControlError failed(std::string_view reason) {
    return {.name = "io.podinit.Failed", .message = std::string{reason}};
}

ControlError out_of_memory() noexcept try { return failed("out of memory"); } catch (const std::exception&) {
    return {};
}

ControlError permission_denied() {
    return with_message({.name = "org.varlink.service.PermissionDenied"});
}

ControlError expected_more() {
    return with_message({.name = "org.varlink.service.ExpectedMore"});
}

ControlError unknown_method(std::string_view method) {
    const std::string_view interface = method.substr(0, std::min(method.rfind('.'), method.size()));
    if (interface == podinit_interface || interface == service_interface)
        return with_message({.name = "org.varlink.service.MethodNotFound", .subject = std::string{method}});
    return with_message({.name = "org.varlink.service.InterfaceNotFound", .subject = std::string{interface}});
}

ControlError invalid_parameter(const Problem& problem) {
    std::string_view parameter = problem.pointer;
    if (parameter.starts_with('/'))
        parameter.remove_prefix(1);
    return {.name = "org.varlink.service.InvalidParameter",
            .message = problem.message,
            .pointer = problem.pointer,
            .subject = std::string{parameter.substr(0, parameter.find('/'))}};
}

ControlError malformed(const Problems& problems) {
    ControlError error{.name = "io.podinit.Invalid"};
    for (const Problem& problem : problems)
        error.problems.push_back(
            {.pointer = problem.pointer, .message = problem.line == 0 ? problem.message : to_text("message", problem)});
    return with_message(std::move(error));
}

} // namespace spec
