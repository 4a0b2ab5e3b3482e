// SPDX-License-Identifier: Apache-2.0
// What an image says of itself: the "config" object of an OCI image configuration (image-spec, config.md).
//
// Unlike a manifest this file is made by tools that add fields of their own, so unknown fields are no error here.
#pragma once

#include "spec/problem.hpp"

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace spec {

struct ImageConfig {
    std::vector<std::string> entrypoint;
    std::vector<std::string> cmd;
    std::vector<std::string> env; // "NAME=value"
    std::string user;             // "user", "uid", "user:group", "uid:gid"; empty is 0
    std::string working_dir;      // empty is "/"
    std::string stop_signal;      // "SIGTERM", "15"; empty is SIGTERM
};

// Reads a whole OCI image configuration (fields under "config"), or the bare config object.
std::expected<ImageConfig, Problems> read_image_config(std::string_view json) noexcept;

// Is this an image name that can be looked up in a store? Relative path components of [a-z0-9._-] separated by single
// slashes, with an optional ":tag" or "@digest"; no component is "." or "..". So the name is safe below a directory.
bool valid_image_name(std::string_view name) noexcept;

} // namespace spec
