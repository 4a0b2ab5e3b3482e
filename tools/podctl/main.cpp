// SPDX-License-Identifier: Apache-2.0
// Where failures become words and an exit code.
#include "tools/podctl/output.hpp"
#include "tools/podctl/verbs.hpp"

#include <cstdio>
#include <cstdlib>
#include <new>

// The default one brings 45 kB of demangler along to say less.
namespace __gnu_cxx {
void __verbose_terminate_handler() {
    std::fputs("podctl: an internal error\n", stderr);
    std::abort();
}
} // namespace __gnu_cxx

int main(int argc, char** argv) {
    try {
        const int code = ctl::run({argv + 1, argv + argc});
        if (ctl::flush_output())
            return code;
        ctl::complain({"error: writing to standard output failed"});
    } catch (const ctl::Failure& failure) {
        ctl::complain({failure.message});
        return failure.exit_code;
    } catch (const std::bad_alloc&) {
        ctl::complain({"error: out of memory"});
    }
    return 1;
}
