// SPDX-License-Identifier: Apache-2.0
// Where a program's functions are, from the symbol table of its file. The program is not relocatable, so that an
// address in the file is one in the process; otherwise the base is for the caller to add.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace fault {

class Symbols {
  public:
    explicit Symbols(const std::string& path);

    // By its name in C, or, in C++, as written without its arguments: "initd::Core::step".
    std::optional<std::uint64_t> find(const std::string& name) const;
    std::uint64_t entry() const noexcept { return entry_; } // run once, at the start
    bool relocatable() const noexcept { return relocatable_; }

  private:
    std::map<std::string, std::uint64_t> functions_;
    std::uint64_t entry_ = 0;
    bool relocatable_ = false;
};

} // namespace fault
