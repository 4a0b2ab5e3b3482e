// SPDX-License-Identifier: Apache-2.0
// What of Boost.JSON is not in its headers and its parser needs: of the list in <boost/json/src.hpp> the stack and the
// memory below it, and a category of errors. The rest of the list works on streams, for which the linker takes
// libstdc++'s locales in; Boost's own category words its errors, which brings printf(3). The words are in json.cpp.
#define BOOST_JSON_SOURCE
#include <boost/json/error.hpp>
#include <boost/json/storage_ptr.hpp>

#include <boost/json/detail/impl/default_resource.ipp>
#include <boost/json/detail/impl/shared_resource.ipp> // its type alone, which UBSan compares with
#include <boost/json/detail/impl/stack.ipp>

namespace {

using boost::system::error_code;
using boost::system::error_condition;

#pragma GCC diagnostic ignored "-Wnon-virtual-dtor" // Boost's base class, through which nothing is deleted

// Every member is overridden because the defaults bring the categories of the system's errors.
class ParserErrors final : public boost::system::error_category {
  public:
    const char* name() const noexcept override { return "boost.json"; }
    std::string message(int) const override { return name(); }
    const char* message(int, char*, std::size_t) const noexcept override { return name(); }
    error_condition default_error_condition(int code) const noexcept override { return {code, *this}; }
    bool equivalent(int, const error_condition&) const noexcept override { return false; }
    bool equivalent(const error_code&, int) const noexcept override { return false; }
};

constinit const ParserErrors parser_errors;

} // namespace

boost::json::error_code boost::json::make_error_code(error code) {
    return {static_cast<int>(code), parser_errors};
}
