// SPDX-License-Identifier: Apache-2.0
// What a static program is at least that reads JSON with Boost.JSON, as spec/ includes it; without the demangler of
// libstdc++'s own handler (see initd/main.cpp).
#include "spec/json.hpp"

#include <cstdlib>

namespace __gnu_cxx {
void __verbose_terminate_handler() {
    std::abort();
}
} // namespace __gnu_cxx

int main(int argc, char** argv) {
    return spec::json::parse(argv[argc - 1], 1 << 20) ? 0 : 1;
}
