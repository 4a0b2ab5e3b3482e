// SPDX-License-Identifier: Apache-2.0
// A struct's fields, described once for writing it to the state file and for reading it back.
//
//   template <class Archive> void fields(Archive& a, Of<Run> auto& run) {
//       a(run.pid);
//       a.upto(run.phase, UnitPhase::Done);
//       a.list(run.listeners);
//   }
//
// Integers have their width, little-endian; bool is a byte; text and lists have a 32-bit count, and a struct within
// another a 32-bit size. Fields are only ever appended: one that ends early leaves the rest at their defaults (it is of
// a version before), and what follows the fields that are known is left alone (of a version after). Any value that
// cannot be makes the body bad.
#pragma once

#include "initd/backoff.hpp"

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace initd {

// A T or a const T: the argument of fields() is the one to read into, or the one to write.
template <class Given, class T>
concept Of = std::is_same_v<std::remove_const_t<Given>, T>;

static_assert(std::endian::native == std::endian::little);

inline constexpr Millis latest_moment{std::int64_t{1} << 60}; // so that moments and spans can be added

// Appends to a text, which has its length when the Writer is gone: see encode(). May throw bad_alloc.
class Writer {
  public:
    explicit Writer(std::string& out) noexcept
        : out_(out)
        , at_(out.data() + out.size())
        , end_(at_) {}
    Writer(const Writer&) = delete;
    ~Writer() { out_.resize(used()); }

    template <std::integral T>
    void operator()(const T& value) {
        make_room(sizeof value);
        std::memcpy(at_, &value, sizeof value);
        at_ += sizeof value;
    }
    void operator()(const Millis& value) { (*this)(static_cast<std::int64_t>(value.count())); }
    void operator()(std::string_view text) {
        (*this)(static_cast<std::uint32_t>(text.size()));
        make_room(text.size());
        std::memcpy(at_, text.data(), text.size());
        at_ += text.size();
    }
    template <class T>
    requires std::is_enum_v<T>
    void upto(const T& value, T) { (*this)(static_cast<std::underlying_type_t<T>>(value)); }
    void list(const auto& values) {
        (*this)(static_cast<std::uint32_t>(values.size()));
        for (const auto& value : values)
            part(value);
    }
    template <class T>
    void part(const T& value) {
        const std::size_t at = used();
        (*this)(std::uint32_t{0});
        fields(*this, value);
        const auto size = static_cast<std::uint32_t>(used() - at - sizeof(std::uint32_t));
        std::memcpy(out_.data() + at, &size, sizeof size);
    }

  private:
    std::size_t used() const noexcept { return static_cast<std::size_t>(at_ - out_.data()); }
    void make_room(std::size_t size) {
        if (static_cast<std::size_t>(end_ - at_) < size)
            grow(size);
    }
    void grow(std::size_t size) {
        const std::size_t before = used();
        const std::size_t want = std::max({out_.capacity(), 2 * before, before + size});
        out_.resize_and_overwrite(want, [](char*, std::size_t all) { return all; }); // what is there stays
        at_ = out_.data() + before;
        end_ = out_.data() + out_.size();
    }

    std::string& out_; // up to `end_` while there is a Writer
    char* at_;
    char* end_;
};

template <class T>
void encode(std::string& out, const T& value) {
    Writer writer(out);
    fields(writer, value);
}

// Takes from a body; bad() says that something in it cannot be. May throw bad_alloc. Read once, after a crash: what is
// small counts, not what is fast.
class Reader {
  public:
    explicit Reader(std::string_view body) noexcept
        : left_(body) {}

    template <std::integral T>
    void operator()(T& value) {
        if constexpr (std::is_same_v<T, bool>) {
            std::uint8_t byte = value;
            take(&byte, 1);
            bad_ = bad_ || byte > 1;
            value = byte == 1;
        } else {
            take(&value, sizeof value);
        }
    }
    [[gnu::noinline]] void operator()(Millis& value) {
        std::int64_t count = value.count();
        (*this)(count);
        bad_ = bad_ || count < never.count() || count > latest_moment.count();
        if (!bad_)
            value = Millis{count};
    }
    [[gnu::noinline]] void operator()(std::string& text) {
        if (const std::string_view found = take_text(); !ended_)
            text = found;
    }
    [[gnu::noinline]] void operator()(std::string_view& text) { // into the body
        if (const std::string_view found = take_text(); !ended_)
            text = found;
    }
    template <class T>
    requires std::is_enum_v<T>
    void upto(T& value, T last) {
        auto number = static_cast<std::underlying_type_t<T>>(value);
        (*this)(number);
        bad_ = bad_ || number > static_cast<std::underlying_type_t<T>>(last);
        if (!bad_)
            value = static_cast<T>(number);
    }
    // Each entry takes the bytes of its size at least, so that the memory for them is bounded by what is there.
    template <class T>
    void list(std::vector<T>& values) {
        std::uint32_t count = 0;
        (*this)(count);
        if (ended_)
            return;
        values.clear();
        for (; count > 0 && !bad_; --count) {
            part(values.emplace_back());
            bad_ = bad_ || ended_;
        }
    }
    template <class T>
    void part(T& value) {
        Reader within(take_text());
        if (ended_)
            return;
        fields(within, value);
        bad_ = bad_ || within.bad_;
    }

    bool bad() const noexcept { return bad_; }

  private:
    [[gnu::noinline]] std::string_view take_text() {
        std::uint32_t size = 0;
        (*this)(size);
        if (ended_ || size > left_.size()) {
            bad_ = bad_ || !ended_;
            return {};
        }
        const std::string_view text = left_.substr(0, size);
        left_.remove_prefix(size);
        return text;
    }
    [[gnu::noinline]] void take(void* to, std::size_t size) noexcept {
        if (left_.size() < size) { // between two fields it is an older version's end, within one it is damage
            bad_ = bad_ || !left_.empty();
            ended_ = true;
            left_ = {};
            return;
        }
        std::memcpy(to, left_.data(), size);
        left_.remove_prefix(size);
    }

    std::string_view left_;
    bool ended_ = false;
    bool bad_ = false;
};

} // namespace initd
