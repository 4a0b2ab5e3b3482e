// SPDX-License-Identifier: Apache-2.0
// Text that grows quickly (internal to spec): appends without a call for each piece, into a string that has its right
// length again when the Sink is gone. Meant for whole documents: it touches the string's spare room once.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace spec {

class Sink {
  public:
    explicit Sink(std::string& out)
        : out_(out)
        , at_(out.data() + out.size())
        , end_(at_) {}
    ~Sink() { out_.resize(static_cast<std::size_t>(at_ - out_.data())); } // never grows, so never throws
    Sink(const Sink&) = delete;
    Sink& operator=(const Sink&) = delete;

    // Where to write the next `n` bytes, and: they were written, up to `at`.
    [[gnu::always_inline]] char* room(std::size_t n) {
        if (n > static_cast<std::size_t>(end_ - at_)) [[unlikely]]
            grow(n);
        return at_;
    }
    void wrote(char* at) { at_ = at; }

    [[gnu::always_inline]] void put(char c) {
        *room(1) = c;
        ++at_;
    }
    void append(std::string_view text);
    void fill(std::size_t n, char c);

  private:
    void grow(std::size_t n);

    std::string& out_;
    char* at_;
    char* end_; // of the room
};

void append_json_string(Sink& out, std::string_view value);
void append_int(Sink& out, long long value);

} // namespace spec
