// SPDX-License-Identifier: Apache-2.0
#include "ns/stacks.hpp"

#include <sys/mman.h>

namespace ns {

Stacks::~Stacks() {
    if (mapping_)
        munmap(mapping_, whole);
}

bool Stacks::map() noexcept {
    void* mapped = mmap(nullptr, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped == MAP_FAILED)
        return false;
    mapping_ = static_cast<std::byte*>(mapped);
    return true;
}

std::uint64_t Stacks::base(std::size_t index) const noexcept {
    return reinterpret_cast<std::uintptr_t>(mapping_ + (index / group + 1) * guard + index * size);
}

bool Stacks::ready(std::size_t index) noexcept {
    for (; ready_ <= index; ready_ += group)
        if (mprotect(reinterpret_cast<void*>(base(ready_)), group * size, PROT_READ | PROT_WRITE) < 0)
            return false;
    return true;
}

void Stacks::give_back(std::size_t index) noexcept {
    madvise(reinterpret_cast<void*>(base(index)), size, MADV_DONTNEED);
}

} // namespace ns
