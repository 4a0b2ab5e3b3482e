// SPDX-License-Identifier: Apache-2.0
#include "spec/pod.hpp"

namespace spec {

Pod::Pod() = default;
Pod::Pod(const Pod&) = default;
Pod::Pod(Pod&&) noexcept = default;
Pod& Pod::operator=(const Pod&) = default;
Pod& Pod::operator=(Pod&&) noexcept = default;
Pod::~Pod() = default;

} // namespace spec
