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

    std::optional<std::string> text(const char *(*accessor)(const aura_error *)) const
    {
        const char *text = accessor(handle_.get());
        return text ? std::optional<std::string>(text) : std::nullopt;
    }

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

    /// The server's own message if it sent one, else the library's words.
    [[nodiscard]] std::string message() const { return text(aura_error_server_message).value_or(""); }

    /// What to do next, if the library knows more than the message says.
    [[nodiscard]] std::optional<std::string> hint() const { return text(aura_error_hint); }

    /// Why the server refused a credential or an account, such as "revoked_credential".
    [[nodiscard]] std::optional<std::string> reason() const { return text(aura_error_reason); }

    /// The reply's x-request-id, by which the server's operators find the call.
    [[nodiscard]] std::optional<std::string> request_id() const { return text(aura_error_request_id); }

    /// The request's method, such as "GET".
    [[nodiscard]] std::optional<std::string> method() const { return text(aura_error_method); }

    /// The request's route without its parameters.
    [[nodiscard]] std::optional<std::string> route() const { return text(aura_error_route); }

    /// What the server refused, by field, as a JSON object.
    [[nodiscard]] std::optional<std::string> field_errors_json() const
    {
        return text(aura_error_field_errors_json);
    }

    /// How many times the request was sent; 0 if nothing was sent.
    [[nodiscard]] int attempts() const noexcept { return aura_error_attempts(handle_.get()); }

    /// Whether the server may have carried out a call that failed: look before you repeat it.
    [[nodiscard]] bool outcome_unknown() const noexcept
    {
        return aura_error_outcome_unknown(handle_.get()) != 0;
    }

    /// Whether the same call may succeed later, and repeating it is safe.
    [[nodiscard]] bool retryable() const noexcept { return aura_error_retryable(handle_.get()) != 0; }

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
