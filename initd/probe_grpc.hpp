// SPDX-License-Identifier: Apache-2.0
// The standard gRPC health check over plain HTTP/2 (grpc/health/v1: Health.Check), as far as a probe needs it: one
// call on one connection. Pure: bytes in, bytes out.
//
// Of HTTP/2 (RFC 9113) it reads the frames' borders and answers SETTINGS and PING; header blocks are passed over, since
// an answer that is not a message with status SERVING is a failure whatever its headers say.
#pragma once

#include "initd/core_state.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace initd {

class GrpcCheck {
  public:
    // `authority` is HOST:PORT; `service` the name that is asked for, "" the whole server.
    GrpcCheck(std::string_view authority, std::string_view service);

    // What is to be sent next; the caller takes it out.
    std::string& to_send() noexcept { return out_; }

    // Why the outcome is a failure, in the kubelet's words.
    std::string failure() const;

    // Takes what has come. The outcome, when it is known.
    std::optional<Outcome> take(std::string_view bytes);

  private:
    std::optional<Outcome> frame(unsigned type, unsigned flags, std::string_view payload);

    std::string out_;
    std::string in_;
    std::string message_; // of the answer
};

} // namespace initd
