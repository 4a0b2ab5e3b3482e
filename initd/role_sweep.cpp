// SPDX-License-Identifier: Apache-2.0
#include "initd/role_mains.hpp"

#include "initd/sweep.hpp"

namespace initd {

int sweep_main(std::span<char* const> trees) {
    int code = 0;
    for (const char* tree : trees)
        if (const int err = remove_tree(tree); err != 0)
            code = complain(tree, err);
    return code;
}

} // namespace initd
