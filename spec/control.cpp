// SPDX-License-Identifier: Apache-2.0
#include "spec/control.hpp"

#include "spec/control_errors.hpp"
#include "spec/control_tables.hpp"
#include "spec/fields.hpp"
#include "spec/json.hpp"
#include "spec/object.hpp"
#include "spec/text.hpp"

#include <algorithm>
#include <exception>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace spec {

// The members of a message that are Varlink's; the one called "parameters" is looked up apart, as what it holds depends
// on these.
struct RequestFrame {
    std::string method;
    bool more = false;
    bool oneway = false;
    bool upgrade = false;
};

struct ReplyFrame {
    std::string error;
    bool continues = false;
};

namespace fields {

template <>
inline constexpr auto rows_of<RequestFrame> = std::array{
    required<&RequestFrame::method>("method"),
    field<&RequestFrame::more>("more"),
    field<&RequestFrame::oneway>("oneway"),
    field<&RequestFrame::upgrade>("upgrade"),
};
template <>
inline constexpr auto rows_of<ReplyFrame> = std::array{
    field<&ReplyFrame::error>("error"),
    field<&ReplyFrame::continues>("continues"),
};

} // namespace fields

namespace {

using fields::Mode;
using fields::Reader;

const json::Node& parameters_of(const json::Document& message) {
    static constexpr json::Node none{.kind = json::Kind::Object};
    const json::Node* found = json::find(message.root(), "parameters");
    return found && found->kind != json::Kind::Null ? *found : none;
}

// What the tables cannot say.
std::optional<ControlError> objection(const Request& request) {
    if (std::holds_alternative<List>(request.call) && !request.more)
        return expected_more();
    if (const auto* list = std::get_if<List>(&request.call); list && list->watch && list->resource != event_resource)
        return invalid_parameter({.pointer = "/watch", .message = "only events can be watched"});
    if (const auto* apply = std::get_if<Apply>(&request.call)) {
        if (apply->wait_seconds && !request.more)
            return expected_more();
        constexpr std::int64_t longest = 86'400;
        if (const std::int64_t seconds = apply->wait_seconds.value_or(1); seconds < 1 || seconds > longest)
            return invalid_parameter({.pointer = "/waitSeconds", .message = "must be between 1 and 86400"});
        if (apply->rollback && !apply->wait_seconds)
            return invalid_parameter({.pointer = "/rollback", .message = "needs waitSeconds"});
    }
    if (const auto* exec = std::get_if<Exec>(&request.call); exec && exec->command.empty())
        return invalid_parameter({.pointer = "/command", .message = "must not be empty"});
    if (const auto* again = std::get_if<Reexec>(&request.call);
        again && !again->binary.empty() && !again->binary.starts_with('/'))
        return invalid_parameter({.pointer = "/binary", .message = "must be an absolute path"});
    if (const auto* gone = std::get_if<Delete>(&request.call); gone && gone->grace_period_seconds.value_or(0) < 0)
        return invalid_parameter({.pointer = "/gracePeriodSeconds", .message = "must not be negative"});
    return std::nullopt;
}

std::expected<Request, ControlError> read_call(const json::Document& message) {
    RequestFrame frame;
    Reader outer{.root = message.root(), .mode = Mode::Lax};
    outer.read(message.root(), frame);
    if (!outer.problems.empty())
        return std::unexpected(malformed(outer.problems));
    if (frame.upgrade)
        return std::unexpected(refused("a connection cannot be upgraded"));

    const auto method = std::ranges::find(methods, frame.method, &Method::name);
    if (method == methods.end())
        return std::unexpected(unknown_method(frame.method));
    const auto& alternative = alternatives<Call>[static_cast<std::size_t>(method - methods.begin())];
    Request request{.more = frame.more, .oneway = frame.oneway};
    const json::Node& parameters = parameters_of(message);
    Reader inner{.root = parameters};
    inner.read(parameters, *alternative.type, alternative.make(request.call));
    if (!inner.problems.empty())
        return std::unexpected(invalid_parameter(inner.problems.front()));
    if (auto error = objection(request))
        return std::unexpected(std::move(*error));
    return request;
}

ControlError read_error(const json::Document& message, std::string name) {
    ControlError error{.name = std::move(name)};
    const auto kind = std::ranges::find(error_kinds, error.name, &ErrorKind::name);
    if (kind != error_kinds.end()) {
        const json::Node& parameters = parameters_of(message);
        Reader{.root = parameters, .mode = Mode::Lax}.read(parameters, kind->type, &error);
    }
    return with_message(std::move(error));
}

std::expected<Answer, ControlError> read_reply(const json::Document& message, const Call& call) {
    ReplyFrame frame;
    Reader outer{.root = message.root(), .mode = Mode::Lax};
    outer.read(message.root(), frame);
    if (!outer.problems.empty())
        return std::unexpected(malformed(outer.problems));
    if (!frame.error.empty())
        return std::unexpected(read_error(message, std::move(frame.error)));

    Answer answer{.continues = frame.continues};
    const auto& alternative = alternatives<Reply>[call.index()];
    const json::Node& parameters = parameters_of(message);
    Reader inner{.root = parameters, .mode = Mode::Lax};
    inner.read(parameters, *alternative.type, alternative.make(answer.reply));
    if (!inner.problems.empty())
        return std::unexpected(malformed(inner.problems));
    return answer;
}

// Parses `message` and reads it; whatever is thrown on the way becomes an error.
template <class T, class F>
std::expected<T, ControlError> read_message(std::string_view message, F read) noexcept try {
    const auto document = json::parse(message, max_message_bytes);
    if (!document)
        return std::unexpected(malformed(document.error()));
    return read(*document);
} catch (const std::exception&) {
    return std::unexpected(out_of_memory());
}

} // namespace

// To look at secrets is not only to look.
bool is_read_only(const Call& call) noexcept {
    const auto* list = std::get_if<List>(&call);
    return methods[call.index()].read_only && !(list && kind_of(list->resource) == Kind::Secret);
}

std::expected<Request, ControlError> read_request(std::string_view message) noexcept {
    return read_message<Request>(message, read_call);
}

std::string write_request(const Request& request) {
    const auto& alternative = alternatives<Call>[request.call.index()];
    std::string out = "{\"method\":\"";
    out.append(methods[request.call.index()].name).append("\",\"parameters\":");
    fields::write(out, *alternative.type, alternative.get(request.call));
    if (request.more)
        out += ",\"more\":true";
    if (request.oneway)
        out += ",\"oneway\":true";
    return out += '}';
}

std::string write_reply(const Reply& reply, bool continues) {
    const auto& alternative = alternatives<Reply>[reply.index()];
    std::string out = "{\"parameters\":";
    fields::write(out, *alternative.type, alternative.get(reply));
    return out += continues ? ",\"continues\":true}" : "}";
}

std::string write_error(const ControlError& error) {
    std::string out = "{\"error\":";
    append_json_string(out, error.name);
    out += ",\"parameters\":";
    const auto kind = std::ranges::find(error_kinds, error.name, &ErrorKind::name);
    if (kind == error_kinds.end())
        out += "{}";
    else
        fields::write(out, kind->type, &error);
    return out += '}';
}

std::expected<Answer, ControlError> read_answer(std::string_view message, const Call& call) noexcept {
    return read_message<Answer>(message,
                                [&call](const json::Document& document) { return read_reply(document, call); });
}

} // namespace spec
