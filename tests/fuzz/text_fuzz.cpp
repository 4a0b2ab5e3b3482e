// SPDX-License-Identifier: Apache-2.0
// Any bytes as the small files that others have written: an image's configuration, variables in a volume
// (fileKeyRef), modules.dep, the last words of a container.
#include "initd/env_file.hpp"
#include "initd/plain_text.hpp"
#include "initd/role_mains.hpp"
#include "spec/image.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

void require(bool holds) {
    if (!holds)
        std::abort();
}

bool lies_in(std::string_view part, std::string_view text) {
    return part.data() >= text.data() && part.data() + part.size() <= text.data() + text.size();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};

    if (const auto image = spec::read_image_config(text); image)
        for (const std::string& word : image->entrypoint)
            require(word.find('\0') == std::string::npos);
    else
        require(!image.error().empty());

    const std::string plain = initd::plain_text(text);
    require(initd::plain_text(plain) == plain && plain.find('\0') == std::string::npos);

    if (const auto value = initd::env_file_value(text, "KEY"))
        require(value->size() <= text.size());

    const std::string_view names[] = {"ext4", "virtio-blk", "ext4"};
    const initd::ModuleOrder order = initd::module_order(text, text, names);
    for (const std::string_view file : order.files)
        require(lies_in(file, text));
    for (std::size_t i = 0; i < order.files.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            require(order.files[i] != order.files[j]);
    return 0;
}
