// SPDX-License-Identifier: Apache-2.0
// The descriptors that a former podinit has left, of which its records say whose they are.
//
// Each is claimed once, by whoever restores the record that names it, and is that one's then. What is left in the end
// is nobody's, and is closed. A number that was opened since is none of them, whatever a record says.
#pragma once

#include "ns/fd.hpp"

#include <string>
#include <sys/types.h>

namespace initd {

class Descriptors {
  public:
    // Notes what is open, from 3 on: before anything else is opened. May throw bad_alloc.
    void look();

    // One that is a file of that type (S_IFSOCK, S_IFIFO, ...). Empty: there is none, or it is claimed already.
    ns::Fd claim(int number, mode_t type) noexcept;

    void close_rest() noexcept;

  private:
    std::string left_; // by number: 1 when it was open and is not claimed
};

} // namespace initd
