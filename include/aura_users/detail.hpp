/**
 * \file
 * detail.hpp - what the rest of aura_users.hpp is made of; no part of the interface.
 */
#ifndef AURA_USERS_DETAIL_HPP
#define AURA_USERS_DETAIL_HPP

#include "../aura_users.h"

#include <chrono>
#include <cmath>
#include <cstdint>
#include <memory>

namespace aura {

/// What the rest is made of; no part of the interface.
namespace detail {

/// Hands a handle to the function of the C ABI that frees it.
template <auto Function> struct Free {
    /// Frees.
    template <class T> void operator()(T *handle) const noexcept { Function(handle); }
};

/// A handle of the C ABI, owned.
template <class T, auto Function> using Handle = std::unique_ptr<T, Free<Function>>;

/// A string of the C ABI, owned.
using String = Handle<char, aura_string_free>;

/// In whole milliseconds, away from zero, so that a moment is not none; what is beyond all clocks
/// becomes the longest time that can be said.
template <class Rep, class Period>
std::int64_t milliseconds(const std::chrono::duration<Rep, Period> &time) noexcept
{
    constexpr double longest = 9e15; // exact, and 285,000 years
    double count = std::chrono::duration<double, std::milli>(time).count();
    count = count < 0 ? std::floor(count) : std::ceil(count);
    return static_cast<std::int64_t>(std::fmin(std::fmax(count, -longest), longest));
}

} // namespace detail

} // namespace aura

#endif
