// SPDX-License-Identifier: Apache-2.0
#include "initd/probe_grpc.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace initd {

namespace {

enum FrameType : unsigned { Data = 0, Headers = 1, ResetStream = 3, Settings = 4, Ping = 6, GoAway = 7 };
constexpr unsigned end_stream = 0x1, acknowledge = 0x1, end_headers = 0x4, padded = 0x8;
constexpr std::size_t frame_head = 9;
constexpr std::size_t largest_frame = 16384; // ours is never raised: SETTINGS_MAX_FRAME_SIZE
constexpr std::size_t largest_answer = 65536;

void add_frame(std::string& out, unsigned type, unsigned flags, unsigned stream, std::string_view payload) {
    const std::size_t size = payload.size();
    for (const std::size_t byte : {size >> 16, size >> 8, size, std::size_t{type}, std::size_t{flags}})
        out += static_cast<char>(byte);
    for (const int shift : {24, 16, 8, 0})
        out += static_cast<char>(stream >> shift);
    out += payload;
}

// HPACK (RFC 7541): an integer with a prefix of `bits`, whose upper bits are `first`.
void add_integer(std::string& out, unsigned first, unsigned bits, std::size_t value) {
    const std::size_t limit = (std::size_t{1} << bits) - 1;
    if (value < limit) {
        out += static_cast<char>(first | value);
        return;
    }
    out += static_cast<char>(first | limit);
    for (value -= limit; value >= 128; value >>= 7)
        out += static_cast<char>(value % 128 + 128);
    out += static_cast<char>(value);
}

// A literal that nobody keeps, without Huffman coding. `index` is that of the name in the static table; 0: `name`.
void add_header(std::string& block, std::size_t index, std::string_view name, std::string_view value) {
    add_integer(block, 0, 4, index);
    if (index == 0) {
        add_integer(block, 0, 7, name.size());
        block += name;
    }
    add_integer(block, 0, 7, value.size());
    block += value;
}

} // namespace

GrpcCheck::GrpcCheck(std::string_view authority, std::string_view service)
    : out_("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") {
    add_frame(out_, Settings, 0, 0, "");
    std::string block = "\x83\x86";                           // :method POST, :scheme http
    add_header(block, 4, "", "/grpc.health.v1.Health/Check"); // :path
    add_header(block, 1, "", authority);                      // :authority
    add_header(block, 31, "", "application/grpc");            // content-type
    add_header(block, 58, "", "kube-probe/1.36");             // user-agent
    add_header(block, 0, "te", "trailers");
    add_frame(out_, Headers, end_headers, 1, block);
    std::string request; // HealthCheckRequest: field 1, a string
    if (!service.empty()) {
        request += '\x0a';
        for (std::size_t size = service.size();; size >>= 7) {
            request += static_cast<char>(size >= 128 ? size % 128 + 128 : size);
            if (size < 128)
                break;
        }
        request += service;
    }
    std::string message(1, '\0'); // not compressed
    for (const int shift : {24, 16, 8, 0})
        message += static_cast<char>(request.size() >> shift);
    add_frame(out_, Data, end_stream, 1, message + request);
}

std::optional<Outcome> GrpcCheck::take(std::string_view bytes) {
    in_ += bytes;
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(in_[at]); };
    while (in_.size() >= frame_head) {
        const std::size_t size = std::size_t{byte(0)} << 16 | std::size_t{byte(1)} << 8 | byte(2);
        if (size > largest_frame)
            return Outcome::Failure;
        if (in_.size() < frame_head + size)
            return std::nullopt;
        const auto outcome = frame(byte(3), byte(4), std::string_view(in_).substr(frame_head, size));
        if (outcome)
            return outcome;
        in_.erase(0, frame_head + size);
    }
    return std::nullopt;
}

std::optional<Outcome> GrpcCheck::frame(unsigned type, unsigned flags, std::string_view payload) {
    switch (type) {
    case Settings:
        if (!(flags & acknowledge))
            add_frame(out_, Settings, acknowledge, 0, "");
        return std::nullopt;
    case Ping:
        if (!(flags & acknowledge))
            add_frame(out_, Ping, acknowledge, 0, payload);
        return std::nullopt;
    case Data:
        if ((flags & padded) && !payload.empty()) {
            const std::size_t padding = static_cast<unsigned char>(payload.front());
            payload.remove_prefix(1);
            payload.remove_suffix(std::min(padding, payload.size()));
        }
        message_ += payload;
        if (message_.size() > largest_answer)
            return Outcome::Failure;
        break;
    case ResetStream:
    case GoAway: return Outcome::Failure;
    default: break; // headers and the rest
    }
    if (type != Data && type != Headers)
        return std::nullopt;
    // HealthCheckResponse: field 1, a number; 1 is SERVING.
    constexpr std::string_view serving{"\0\0\0\0\2\x08\1", 7};
    if (message_ == serving)
        return Outcome::Success;
    return (flags & end_stream) ? std::optional(Outcome::Failure) : std::nullopt;
}

// The answer's one field is a number that has a name. Why there is no answer stands in headers, which are not read.
std::string GrpcCheck::failure() const {
    constexpr std::string_view names[] = {"UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"};
    constexpr std::size_t head = 5;
    const bool has_field = message_.size() == head + 2 && message_[head] == '\x08';
    const std::size_t status = has_field ? static_cast<unsigned char>(message_[head + 1]) : 0;
    if (message_.size() < head || status >= std::size(names))
        return "error: health rpc probe failed: rpc error: no health status in the answer";
    return std::string("service unhealthy (responded with \"").append(names[status]).append("\")");
}

} // namespace initd
