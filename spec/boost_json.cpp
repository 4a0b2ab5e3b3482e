// SPDX-License-Identifier: Apache-2.0
// Boost.JSON itself, compiled once: the packaged archive costs 140 kB more in a static program.
#include <boost/json/src.hpp>
