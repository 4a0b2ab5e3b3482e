// SPDX-License-Identifier: Apache-2.0
// What a static program is at least that reads JSON: Boost.JSON compiled in, no demangler (see initd/main.cpp).
#include <boost/json/src.hpp>
#include <cstdlib>

namespace __gnu_cxx {
void __verbose_terminate_handler() {
    std::abort();
}
} // namespace __gnu_cxx

int main(int argc, char** argv) {
    boost::system::error_code error;
    const boost::json::value value = boost::json::parse(argv[argc - 1], error);
    return error ? 1 : value.is_object();
}
