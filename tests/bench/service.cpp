// SPDX-License-Identifier: Apache-2.0
// A service that costs next to nothing: tells when its first instruction ran, then waits for ever.
//   service [FILE]     FILE takes the stamp, /stamps if not given (runit starts ./run without a word)
#include "tests/bench/bare.hpp"

int main_bare(char** arguments, char**) {
    using bench::call;
    bench::Stamp stamp{bench::now(), 0};
    stamp.pid = static_cast<std::uint64_t>(call(SYS_getpid));
    const char* path = arguments[0] && arguments[1] ? arguments[1] : "/stamps";
    const long file = call(SYS_openat, AT_FDCWD, path, O_WRONLY);
    call(SYS_write, file, &stamp, sizeof stamp);
    call(SYS_close, file);
    for (;;)
        call(SYS_ppoll, nullptr, 0, nullptr, nullptr);
}
