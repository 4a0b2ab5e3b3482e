// SPDX-License-Identifier: Apache-2.0
// What a static podinit leaves out of glibc: message catalogues, character sets and with them dlopen(3), stdio,
// wide characters. libc and libstdc++ refer to these from places that podinit never comes to, and where it does
// come (the text of an exception, of an assertion) the answers here are those of a C library in the C locale. Together
// they are 330 kB, a third of the program.
//
// A definition in an object that is linked anyway keeps the archive's own out. Weak: where the library brings its own
// because of something else in the same object, or has no such symbol, that one counts. Only names that begin with an
// underscore are glibc's own; a later glibc that renames one makes the program larger, not wrong.
//
// For all of podinit's own code this means: no stdio, no wide characters, no iconv(3), no locale.
#include "initd/log.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <unistd.h>

#define LEFT_OUT [[gnu::weak, gnu::used]]

extern "C" {

// assert(3): brings catalogues and asprintf(3) along.
[[noreturn]] LEFT_OUT void __assert_fail(const char* assertion, const char* file, unsigned,
                                         const char* function) noexcept {
    initd::log(initd::Level::Error, {file, ": ", function, ": assertion failed: ", assertion});
    std::abort();
}

// Message catalogues, which the C locale has none of.
LEFT_OUT char* gettext(const char* message) noexcept {
    return const_cast<char*>(message);
}

LEFT_OUT char* __dcgettext(const char*, const char* message, int) noexcept {
    return const_cast<char*>(message);
}

// For the dynamic loader's and Boost.System's messages.
LEFT_OUT char* strerror_r(int err, char*, std::size_t) noexcept {
    const char* description = strerrordesc_np(err);
    return const_cast<char*>(description ? description : "Unknown error");
}

LEFT_OUT char* __strerror_r(int err, char* buffer, std::size_t size) noexcept {
    return strerror_r(err, buffer, size);
}

// For malloc_info(3) and malloc_stats(3), which nobody calls. The format alone is still something to look for.
LEFT_OUT int fprintf(FILE*, const char* format, ...) {
    return static_cast<int>(write(STDERR_FILENO, format, std::strlen(format)));
}

LEFT_OUT FILE* stderr = nullptr;

LEFT_OUT int __fxprintf(FILE*, const char* format, ...) {
    return static_cast<int>(write(STDERR_FILENO, format, std::strlen(format)));
}

// For libcap-ng's name of a capability that it does not know; only numbers are asked for.
LEFT_OUT int __asprintf_chk(char**, int, const char*, ...) {
    return -1;
}

// The tables behind isalpha(3), made ready at every start; a program that asks them gets glibc's, from the same object.
LEFT_OUT void __ctype_init() {}

// For get_nprocs(3), which malloc(3) asks: a decimal number without a sign is all there is to read.
LEFT_OUT unsigned long strtoul(const char* text, char** end, int) noexcept {
    unsigned long value = 0;
    for (; *text >= '0' && *text <= '9'; ++text)
        value = value * 10 + static_cast<unsigned long>(*text - '0');
    if (end)
        *end = const_cast<char*>(text);
    return value;
}

// Where shared libraries would be looked for, and their thread-local storage: with these the whole dynamic loader.
LEFT_OUT void _dl_init_paths(const char*, const char*, const char*, const char*) {}

LEFT_OUT void _dl_nothread_init_static_tls(void*) {}

// Conversion to and from wide characters (struct gconv_fcts; iofwide.c). A stream whose orientation is never set does
// not come here.
LEFT_OUT const void* __wcsmbs_gconv_fcts_c[4] = {};

LEFT_OUT int __wcsmbs_clone_conv(void*) {
    return 1;
}

LEFT_OUT int __wcsmbs_named_conv(void*, const char*) {
    return 1;
}

} // extern "C"
