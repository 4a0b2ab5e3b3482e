// SPDX-License-Identifier: Apache-2.0
// Any bytes as config.json and as a kernel command line: no crash, and never a setting that no machine can have.
#include "spec/config.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

void require(bool holds) {
    if (!holds)
        std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    if (const auto config = spec::read_config(text, {})) {
        require(config->hostname.empty() || spec::valid_hostname(config->hostname));
        require(config->log_dir.starts_with('/') && config->log_max_bytes > 0 && config->log_max_files >= 2);
        require(config->backoff_initial_ms >= 1'000 && config->backoff_initial_ms <= config->backoff_max_ms);
        require(config->backoff_max_ms <= 300'000 && config->shutdown_grace_ms >= 0 && !config->rescue.empty());
    } else {
        require(!config.error().empty());
    }
    const auto line = spec::read_command_line(text, {});
    require(line.config.hostname.empty() || spec::valid_hostname(line.config.hostname));
    for (const auto& list : {line.config.modules, line.config.manifest_dirs, line.config.image_dirs})
        for (const auto& entry : list)
            require(!entry.empty());
    return 0;
}
