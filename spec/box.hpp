// SPDX-License-Identifier: Apache-2.0
// An optional value on the heap, for large members that are seldom there: an empty one costs a pointer. Copies are
// deep.
#pragma once

#include <memory>
#include <utility>

namespace spec {

template <class T>
class Box {
  public:
    using value_type = T;

    Box() = default;
    Box(const Box& other)
        : value_(other ? std::make_unique<T>(*other) : nullptr) {}
    Box(Box&&) noexcept = default;
    Box& operator=(const Box& other) {
        value_ = other ? std::make_unique<T>(*other) : nullptr;
        return *this;
    }
    Box& operator=(Box&&) noexcept = default;
    ~Box() = default;

    explicit operator bool() const noexcept { return value_ != nullptr; }
    bool has_value() const noexcept { return value_ != nullptr; }
    T& operator*() noexcept { return *value_; }
    const T& operator*() const noexcept { return *value_; }
    T* operator->() noexcept { return value_.get(); }
    const T* operator->() const noexcept { return value_.get(); }

    T& emplace() {
        value_ = std::make_unique<T>();
        return *value_;
    }
    void reset() noexcept { value_.reset(); }

  private:
    std::unique_ptr<T> value_;
};

} // namespace spec
