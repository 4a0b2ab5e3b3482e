// SPDX-License-Identifier: Apache-2.0
// The descriptors that a former podinit has left, of which its records say whose they are.
//
// Each is claimed once, by whoever restores the record that names it, and is that one's then. What is left in the end
// is nobody's, and is closed. A number that was opened since is none of them, whatever a record says.
#pragma once

#include "ns/fd.hpp"

#include <initializer_list>
#include <string>
#include <sys/types.h>

namespace initd {

class Descriptors {
  public:
    // Notes what a former podinit has left: those from 3 on that are not closed on exec, but for `taken`. Before any
    // such is opened. Without that any that is open can be claimed. May throw bad_alloc.
    void look(std::initializer_list<int> taken);

    // One that is a file of that type (S_IFSOCK, S_IFIFO, ...; 0: of any). Empty: there is none, or it is claimed.
    ns::Fd claim(int number, mode_t type = 0) noexcept;

    void close_rest() noexcept;

  private:
    bool looked_ = false;
    std::string left_; // by number: 1 when it was left and is not claimed
};

} // namespace initd
