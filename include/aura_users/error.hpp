/**
 * \file
 * error.hpp - why a call failed, and a value or that: aura::Error, aura::Result.
 */
#ifndef AURA_USERS_ERROR_HPP
#define AURA_USERS_ERROR_HPP

#include "detail.hpp"

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace aura {

/// Why a call failed: thrown, or held by a Result. Copies share it; many threads may read it.
class Error : public std::exception {
    std::shared_ptr<const aura_error> handle_;

public:
    /// No error: kind() is AURA_OK and what() is "".
    Error() noexcept = default;

    /// Takes over an error that a function of the C ABI gave.
    explicit Error(aura_error *owned) noexcept : handle_(owned, aura_error_free) {}

    /// Its kind: one of aura_status, to switch over with a default.
    [[nodiscard]] aura_status kind() const noexcept { return aura_error_kind(handle_.get()); }

    /// All of it in a sentence for a person or a log, without secrets. Stays with the error.
    [[nodiscard]] const char *what() const noexcept override
    {
        return aura_error_message(handle_.get());
    }

    /// The HTTP status, where a reply came.
    [[nodiscard]] std::optional<int> http_status() const noexcept
    {
        int status = aura_error_http_status(handle_.get());
        return status != 0 ? std::optional<int>(status) : std::nullopt;
    }

    /// How long the server asks to be left alone, where it says so.
    [[nodiscard]] std::optional<std::chrono::milliseconds> retry_after() const noexcept
    {
        std::chrono::milliseconds time{aura_error_retry_after_ms(handle_.get())};
        return time.count() >= 0 ? std::optional(time) : std::nullopt;
    }

    /// All that is known of it, as the JSON object that aura_error_json() describes: the server's
    /// message, its field errors, "outcome_unknown" and more. "null" for no error.
    [[nodiscard]] std::string json() const
    {
        const char *json = aura_error_json(handle_.get());
        return json ? json : "null";
    }
};

/// The value of a call, or its error. What try_... gives; much like std::expected.
template <class T> class [[nodiscard]] Result {
    std::optional<T> value_;
    Error error_;

public:
    /// What a good one holds.
    using value_type = T;

    /// A good one.
    Result(T value) noexcept : value_(std::move(value)) {}

    /// A failed one; `error` is not 'no error'.
    Result(Error error) noexcept : error_(std::move(error)) {}

    /// Whether there is a value.
    [[nodiscard]] bool has_value() const noexcept { return value_.has_value(); }

    /// Whether there is a value.
    explicit operator bool() const noexcept { return has_value(); }

    /// The value, where there is one.
    [[nodiscard]] T &operator*() & noexcept { return *value_; }

    /// The value, where there is one.
    [[nodiscard]] const T &operator*() const & noexcept { return *value_; }

    /// The value, where there is one, to be moved from.
    [[nodiscard]] T &&operator*() && noexcept { return *std::move(value_); }

    /// A member of the value, where there is one.
    [[nodiscard]] T *operator->() noexcept { return &*value_; }

    /// A member of the value, where there is one.
    [[nodiscard]] const T *operator->() const noexcept { return &*value_; }

    /// The error; 'no error' where there is a value, so that error().kind() is the whole outcome.
    [[nodiscard]] const Error &error() const noexcept { return error_; }

#ifdef __cpp_exceptions
    /// The value; throws the error where there is none.
    [[nodiscard]] const T &value() const &
    {
        if (!value_)
            throw error_;
        return *value_;
    }

    /// The value, moved out; throws the error where there is none.
    [[nodiscard]] T value() &&
    {
        if (!value_)
            throw error_;
        return *std::move(value_);
    }
#endif
};

/// Whether a call that gives nothing worked, or its error.
template <> class [[nodiscard]] Result<void> {
    Error error_;

public:
    /// What a good one holds.
    using value_type = void;

    /// A good one.
    Result() noexcept = default;

    /// A failed one; `error` is not 'no error'.
    Result(Error error) noexcept : error_(std::move(error)) {}

    /// Whether it worked.
    [[nodiscard]] bool has_value() const noexcept { return error_.kind() == AURA_OK; }

    /// Whether it worked.
    explicit operator bool() const noexcept { return has_value(); }

    /// The error; 'no error' where it worked.
    [[nodiscard]] const Error &error() const noexcept { return error_; }

#ifdef __cpp_exceptions
    /// Throws the error where there is one.
    void value() const
    {
        if (!has_value())
            throw error_;
    }
#endif
};

namespace detail {

/// The outcome of a call whose result the C ABI gave.
template <class T> Result<T> outcome(aura_status status, char *json, aura_error *error) noexcept
{
    String owned(json);
    if (error)
        return Error(error);
    if constexpr (std::is_void_v<T>)
        return {};
    else if constexpr (std::is_same_v<T, std::string>)
        return T(json);
    else
        return status == AURA_END ? T() : T(json);
}

} // namespace detail

} // namespace aura

#endif
