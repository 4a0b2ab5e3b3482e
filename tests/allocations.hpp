// SPDX-License-Identifier: Apache-2.0
// Counts what operator new is asked for, in the whole of a program: to be included by one of its sources.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

namespace allocated {

constinit inline std::size_t times = 0;
constinit inline std::size_t bytes = 0;

inline void* take(std::size_t size) noexcept {
    ++times;
    bytes += size;
    return std::malloc(size);
}

} // namespace allocated

void* operator new(std::size_t size) {
    if (void* memory = allocated::take(size))
        return memory;
    throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return allocated::take(size);
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
