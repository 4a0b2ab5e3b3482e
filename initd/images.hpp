// SPDX-License-Identifier: Apache-2.0
// The image store: what an image name stands for on this machine. Nothing is ever pulled.
//
// An image is a directory NAME below one of the store's directories, NAME as the manifest writes it (with its tag),
// that holds rootfs/ and, where it says something of itself, config.json (an OCI image configuration). The name "host"
// is the machine's own root file system.
#pragma once

#include "spec/image.hpp"

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace initd {

inline constexpr std::string_view host_image = "host";

struct Image {
    std::string rootfs; // empty: the machine's own root
    spec::ImageConfig config;
};

struct ImageFailure {
    std::string reason; // as the kubelet's: ErrImageNeverPull, InvalidImageName, ImageInspectError
    std::string message;
};

std::expected<Image, ImageFailure> find_image(std::span<const std::string> directories, std::string_view name);

struct Identity {
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups; // supplementary, from the image's group file
    std::string home = "/";
};

// "user[:group]", names or numbers, looked up in the image's own passwd and group files (never through NSS). A number
// need not be listed there. The error is a sentence.
std::expected<Identity, std::string> find_identity(std::string_view rootfs, std::string_view user);

} // namespace initd
