// SPDX-License-Identifier: Apache-2.0
// Functions on C strings in one plain version each. glibc has five to seven for as many generations of processors,
// which are 60 kB; of what calls these (the environment, the dynamic loader, types of exceptions, names of
// capabilities) nothing is ever long. What works on text of any length (memcpy, memchr, memcmp, strlen) stays glibc's.
// Weak, and not there in a dynamic program: see libc_parts.cpp.
#include <cstddef>
#include <cstring>

#include <strings.h>

#define PLAIN [[gnu::weak, gnu::used]]

namespace {

int byte(char c) {
    return static_cast<unsigned char>(c);
}

int lower(char c) { // in the C locale
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : byte(c);
}

} // namespace

extern "C" {

PLAIN int strcmp(const char* a, const char* b) noexcept {
    while (*a && *a == *b)
        ++a, ++b;
    return byte(*a) - byte(*b);
}

PLAIN int strncmp(const char* a, const char* b, std::size_t n) noexcept {
    for (; n > 0; --n, ++a, ++b)
        if (*a != *b || !*a)
            return byte(*a) - byte(*b);
    return 0;
}

PLAIN int strcasecmp(const char* a, const char* b) noexcept {
    while (*a && lower(*a) == lower(*b))
        ++a, ++b;
    return lower(*a) - lower(*b);
}

PLAIN char* __stpcpy(char* to, const char* from) noexcept {
    while ((*to = *from))
        ++to, ++from;
    return to;
}

PLAIN char* strcpy(char* to, const char* from) noexcept {
    __stpcpy(to, from);
    return to;
}

PLAIN std::size_t strcspn(const char* text, const char* ends) noexcept {
    const char* at = text;
    while (*at && !std::strchr(ends, *at))
        ++at;
    return static_cast<std::size_t>(at - text);
}

} // extern "C"
