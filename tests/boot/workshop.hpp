// SPDX-License-Identifier: Apache-2.0
// Where the boot tests make their appliances and disks: a temporary directory, gone when the tests end.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace boot {

// The directory, made at the first call.
const std::string& workshop();

// Runs a command with the shell, in the workshop; its output. Throws when it fails.
std::string shell(const std::string& command);

// Writes workshop()/NAME; its path.
std::string write_file(const std::string& name, std::string_view content);

// Builds the appliance workshop()/NAME with the arguments of `tools/appliance build`; its directory.
std::string build_appliance(const std::string& name, const std::string& arguments = "");

// The tree of the appliance workshop()/tree on an ext4 disk, workshop()/disk, and beside it the initial RAM file system
// that boots it, workshop()/stage1.cpio.
void make_disk(unsigned mebibytes);

// The directory of the image ikubernetes/myapp:v1, made at the first call.
const std::string& myapp_image();

// A port of 127.0.0.1 that is free now.
std::uint16_t free_port();

// GET PATH from 127.0.0.1:PORT; the whole answer, "" when there is none.
std::string http_get(std::uint16_t port, std::string_view path);

} // namespace boot
