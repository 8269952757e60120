/**
 * \file
 * detail.hpp - implementation details of aura_users.hpp, not part of the interface.
 */
#ifndef AURA_USERS_DETAIL_HPP
#define AURA_USERS_DETAIL_HPP

#include "../aura_users.h"

#include <chrono>
#include <cmath>
#include <cstdint>
#include <memory>

namespace aura {

/// Implementation details, not part of the interface.
namespace detail {

/// A deleter that calls a function of the C ABI.
template <auto Function> struct Free {
    /// Frees the handle.
    template <class T> void operator()(T *handle) const noexcept { Function(handle); }
};

/// An owned handle of the C ABI.
template <class T, auto Function> using Handle = std::unique_ptr<T, Free<Function>>;

/// An owned string of the C ABI.
using String = Handle<char, aura_string_free>;

/// The time in whole milliseconds, rounded away from zero and limited to the longest time that a double
/// represents exactly.
template <class Rep, class Period>
std::int64_t milliseconds(const std::chrono::duration<Rep, Period> &time) noexcept
{
    constexpr double longest = 9e15; // 285,000 years
    double count = std::chrono::duration<double, std::milli>(time).count();
    count = count < 0 ? std::floor(count) : std::ceil(count);
    return static_cast<std::int64_t>(std::fmin(std::fmax(count, -longest), longest));
}

} // namespace detail

} // namespace aura

#endif
