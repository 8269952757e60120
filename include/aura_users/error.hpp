/**
 * \file
 * error.hpp - errors and results: aura::Error, aura::Result.
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

/// An error. It is thrown, or a Result contains it. Copies share it, and several threads may read it.
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

    /// Takes ownership of an error of the C ABI.
    explicit Error(aura_error *owned) noexcept : handle_(owned, aura_error_free) {}

    /// Its kind. A switch over it needs a default branch.
    [[nodiscard]] aura_status kind() const noexcept { return aura_error_kind(handle_.get()); }

    /// The error as one line of text for a user or a log, without secrets. The error owns the string.
    [[nodiscard]] const char *what() const noexcept override
    {
        return aura_error_message(handle_.get());
    }

    /// The HTTP status, if a reply arrived.
    [[nodiscard]] std::optional<int> http_status() const noexcept
    {
        int status = aura_error_http_status(handle_.get());
        return status != 0 ? std::optional<int>(status) : std::nullopt;
    }

    /// How long the server asks you to wait, if it says so.
    [[nodiscard]] std::optional<std::chrono::milliseconds> retry_after() const noexcept
    {
        std::chrono::milliseconds time{aura_error_retry_after_ms(handle_.get())};
        return time.count() >= 0 ? std::optional(time) : std::nullopt;
    }

    /// The server's own message if it sent one, otherwise the library's.
    [[nodiscard]] std::string message() const { return text(aura_error_server_message).value_or(""); }

    /// What to do next, if the library knows more than the message.
    [[nodiscard]] std::optional<std::string> hint() const { return text(aura_error_hint); }

    /// Why the server rejected a credential or an account, such as "revoked_credential".
    [[nodiscard]] std::optional<std::string> reason() const { return text(aura_error_reason); }

    /// The x-request-id of the reply, for the server's operators.
    [[nodiscard]] std::optional<std::string> request_id() const { return text(aura_error_request_id); }

    /// The method of the request, such as "GET".
    [[nodiscard]] std::optional<std::string> method() const { return text(aura_error_method); }

    /// The route of the request with its parameters unfilled.
    [[nodiscard]] std::optional<std::string> route() const { return text(aura_error_route); }

    /// The fields that the server rejected, and why, as a JSON object.
    [[nodiscard]] std::optional<std::string> field_errors_json() const
    {
        return text(aura_error_field_errors_json);
    }

    /// How many times the request was sent. It is 0 if nothing was sent.
    [[nodiscard]] int attempts() const noexcept { return aura_error_attempts(handle_.get()); }

    /// Whether the server may have completed a call that failed. Check before you repeat it.
    [[nodiscard]] bool outcome_unknown() const noexcept
    {
        return aura_error_outcome_unknown(handle_.get()) != 0;
    }

    /// Whether the same call may succeed later and is safe to repeat.
    [[nodiscard]] bool retryable() const noexcept { return aura_error_retryable(handle_.get()) != 0; }

    /// The error as a JSON object: see aura_error_json(). "null" for no error.
    [[nodiscard]] std::string json() const
    {
        const char *json = aura_error_json(handle_.get());
        return json ? json : "null";
    }
};

/// The value of a call, or its error. The functions try_... return it. It is similar to std::expected.
template <class T> class [[nodiscard]] Result {
    std::optional<T> value_;
    Error error_;

public:
    /// The type of the value.
    using value_type = T;

    /// A success.
    Result(T value) noexcept : value_(std::move(value)) {}

    /// A failure. The kind of `error` is not AURA_OK.
    Result(Error error) noexcept : error_(std::move(error)) {}

    /// Whether there is a value.
    [[nodiscard]] bool has_value() const noexcept { return value_.has_value(); }

    /// Whether there is a value.
    explicit operator bool() const noexcept { return has_value(); }

    /// The value. It must exist.
    [[nodiscard]] T &operator*() & noexcept { return *value_; }

    /// The value. It must exist.
    [[nodiscard]] const T &operator*() const & noexcept { return *value_; }

    /// The value, to move from. It must exist.
    [[nodiscard]] T &&operator*() && noexcept { return *std::move(value_); }

    /// A member of the value. It must exist.
    [[nodiscard]] T *operator->() noexcept { return &*value_; }

    /// A member of the value. It must exist.
    [[nodiscard]] const T *operator->() const noexcept { return &*value_; }

    /// The error. Its kind() is AURA_OK if there is a value.
    [[nodiscard]] const Error &error() const noexcept { return error_; }

#ifdef __cpp_exceptions
    /// The value. Throws the error if there is none.
    [[nodiscard]] const T &value() const &
    {
        if (!value_)
            throw error_;
        return *value_;
    }

    /// The moved value. Throws the error if there is none.
    [[nodiscard]] T value() &&
    {
        if (!value_)
            throw error_;
        return *std::move(value_);
    }
#endif
};

/// The success of a call without a value, or its error.
template <> class [[nodiscard]] Result<void> {
    Error error_;

public:
    /// There is no value.
    using value_type = void;

    /// A success.
    Result() noexcept = default;

    /// A failure. The kind of `error` is not AURA_OK.
    Result(Error error) noexcept : error_(std::move(error)) {}

    /// Whether it is a success.
    [[nodiscard]] bool has_value() const noexcept { return error_.kind() == AURA_OK; }

    /// Whether it is a success.
    explicit operator bool() const noexcept { return has_value(); }

    /// The error. Its kind() is AURA_OK for a success.
    [[nodiscard]] const Error &error() const noexcept { return error_; }

#ifdef __cpp_exceptions
    /// Throws the error if there is one.
    void value() const
    {
        if (!has_value())
            throw error_;
    }
#endif
};

namespace detail {

/// Converts a result of the C ABI.
template <class T> Result<T> to_result(aura_status status, char *json, aura_error *error) noexcept
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
