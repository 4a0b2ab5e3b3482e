// SPDX-License-Identifier: Apache-2.0
// State files and their bytes.
#pragma once

#include "initd/state/state_file.hpp"
#include "tests/catch.hpp"

#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <sys/stat.h>

namespace initd {

inline StateFile made() {
    auto state = StateFile::create();
    REQUIRE(state);
    return std::move(*state);
}

// As a podinit after this one would see it.
inline StateFile adopted(const StateFile& state) {
    auto next = StateFile::adopt(ns::keep(ns::Fd(dup(state.fd()))));
    REQUIRE(next);
    return std::move(*next);
}

inline struct stat status_of(int fd) {
    struct stat status {};
    REQUIRE(fstat(fd, &status) == 0);
    return status;
}

inline std::string bytes_of(int fd) {
    std::string bytes(static_cast<std::size_t>(status_of(fd).st_size), '\0');
    REQUIRE(pread(fd, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
    return bytes;
}

inline ns::Fd file_of(std::string_view bytes, int seals = F_SEAL_SHRINK | F_SEAL_SEAL) {
    ns::Fd file(memfd_create("state", MFD_ALLOW_SEALING | MFD_CLOEXEC));
    REQUIRE(write(file.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    REQUIRE(fcntl(file.get(), F_ADD_SEALS, seals) == 0);
    return file;
}

inline std::size_t memory_of(int fd) {
    return static_cast<std::size_t>(status_of(fd).st_blocks) * 512;
}

} // namespace initd
