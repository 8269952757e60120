/**
 * \file
 * options.hpp - arguments: strings, options, cancel tokens.
 */
#ifndef AURA_USERS_OPTIONS_HPP
#define AURA_USERS_OPTIONS_HPP

#include "error.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace aura {

/// A string argument, in UTF-8. A NULL pointer and a string with a NUL character are
/// AURA_INVALID_ARGUMENT of the call. A string is never cut. Only use it as a parameter.
class Text {
    std::string copy_;
    const char *text_;

    void keep(std::string_view text)
    {
        copy_ = text;
        std::replace(copy_.begin(), copy_.end(), '\0', '\xff'); // not valid UTF-8, so the library rejects it
        text_ = copy_.c_str();
    }

public:
    /// Refers to a C string.
    Text(const char *text) noexcept : text_(text) {}

    /// Refers to a string.
    Text(const std::string &text) : text_(text.c_str())
    {
        if (text.find('\0') != text.npos)
            keep(text);
    }

    /// Copies a view, which may not end with a NUL.
    Text(std::string_view text) { keep(text); }

    Text(const Text &) = delete;
    Text &operator=(const Text &) = delete;

    /// The string for the C ABI.
    [[nodiscard]] const char *c_str() const noexcept { return text_; }
};

namespace detail {

/// An array of strings for the C ABI. Only use it as a parameter.
class Texts {
    std::list<Text> texts_;
    std::vector<const char *> pointers_;

public:
    /// Refers to `texts`.
    explicit Texts(const std::vector<std::string> &texts) : texts_(texts.begin(), texts.end())
    {
        for (const Text &text : texts_)
            pointers_.push_back(text.c_str());
    }

    /// The array.
    [[nodiscard]] const char *const *data() const noexcept { return pointers_.data(); }

    /// Its length.
    [[nodiscard]] std::size_t size() const noexcept { return pointers_.size(); }
};

/// Whether T is an integer and not a character.
template <class T>
constexpr bool is_number =
    std::is_integral_v<T> && !std::is_same_v<T, char> && !std::is_same_v<T, wchar_t> &&
    !std::is_same_v<T, char16_t> && !std::is_same_v<T, char32_t>;

} // namespace detail

/// The value of an option: a string, a number, true or false, or a time. nullptr unsets the option.
struct Value : Text {
    using Text::Text;

    /// A whole number, or true or false.
    template <class T, class = std::enable_if_t<detail::is_number<T>>>
    Value(T number) : Text(std::string_view(to_text(number)))
    {
    }

    /// A time in milliseconds.
    template <class Rep, class Period>
    Value(const std::chrono::duration<Rep, Period> &time)
        : Text(std::string_view(to_seconds(detail::milliseconds(time))))
    {
    }

private:
    static std::string to_text(bool value) { return value ? "true" : "false"; }

    template <class T> static std::string to_text(T number) { return std::to_string(number); }

    static std::string to_seconds(std::int64_t milliseconds)
    {
        std::string thousandths = std::to_string(1000 + std::abs(milliseconds) % 1000);
        return (milliseconds < 0 ? "-" : "") + std::to_string(std::abs(milliseconds) / 1000) + '.' +
               thousandths.substr(1);
    }
};

/// A name and a value of an option.
struct Option {
    Text name;   ///< The name. The first page of aura_users.h lists all options.
    Value value; ///< The value.
};

/// Cancels blocking calls and streams from another thread. Copies are the same token.
class CancelToken {
    std::shared_ptr<aura_cancel_token> handle_{aura_cancel_token_new(), aura_cancel_token_free};

public:
    /// Creates a token that is not cancelled.
    CancelToken() = default;

    /// The same token. There is no move constructor, so a token is never empty.
    CancelToken(const CancelToken &) noexcept = default;

    /// The same token.
    CancelToken &operator=(const CancelToken &) noexcept = default;

    /// Cancels the token. Calls that wait with it, and later calls, end with AURA_CANCELLED. A stream
    /// keeps its position. You cannot undo it.
    void cancel() const noexcept { aura_cancel_token_cancel(handle_.get()); }

    /// The handle of the C ABI. This object keeps ownership.
    [[nodiscard]] aura_cancel_token *get() const noexcept { return handle_.get(); }
};

/// Options of a client or of one call. If a name or a value is not valid, the client or the call that
/// uses the options fails with AURA_INVALID_ARGUMENT.
class Options {
    detail::Handle<aura_options, aura_options_free> handle_;
    mutable Error error_;
    bool is_moved_from_ = false;

    aura_options *create()
    {
        if (!handle_)
            handle_.reset(aura_options_new());
        return handle_.get();
    }

    void keep_first(aura_error *error)
    {
        if (error && error_.kind() == AURA_OK)
            error_ = Error(error);
        else
            aura_error_free(error);
    }

public:
    /// No options.
    Options() noexcept = default;

    /// Moves the options. `other` must not be used any more, except to assign to it.
    Options(Options &&other) noexcept
        : handle_(std::move(other.handle_)), error_(std::move(other.error_)),
          is_moved_from_(std::exchange(other.is_moved_from_, true))
    {
    }

    /// Moves the options.
    Options &operator=(Options &&other) noexcept
    {
        if (this != &other) {
            handle_ = std::move(other.handle_);
            error_ = std::move(other.error_);
            is_moved_from_ = std::exchange(other.is_moved_from_, true);
        }
        return *this;
    }

    /// Several options: `{{"timeout", 5s}, {"max_retries", 0}}`.
    Options(std::initializer_list<Option> options)
    {
        for (const Option &option : options)
            set(option.name, option.value);
    }

    /// One option: `{"timeout", 5s}`.
    Options(const Text &name, const Value &value) { set(name, value); }

    /// Sets an option. nullptr unsets it.
    Options &set(const Text &name, const Value &value) &
    {
        aura_error *error = nullptr;
        aura_options_set(create(), name.c_str(), value.c_str(), &error);
        keep_first(error);
        return *this;
    }

    /// Sets an option. nullptr unsets it.
    [[nodiscard]] Options &&set(const Text &name, const Value &value) &&
    {
        return std::move(set(name, value));
    }

    /// Sets the token that cancels calls with these options.
    Options &set_cancel_token(const CancelToken &token) &
    {
        aura_error *error = nullptr;
        aura_options_set_cancel_token(create(), token.get(), &error);
        keep_first(error);
        return *this;
    }

    /// Sets the token that cancels calls with these options.
    [[nodiscard]] Options &&set_cancel_token(const CancelToken &token) &&
    {
        return std::move(set_cancel_token(token));
    }

    /// The error of the first option that is not valid. Its kind() is AURA_OK if all are valid. If the
    /// options were moved from, it is AURA_INVALID_ARGUMENT.
    [[nodiscard]] const Error &error() const noexcept
    {
        if (is_moved_from_ && error_.kind() == AURA_OK) {
            // C takes NULL for no options. This function does not, and names the reason.
            aura_error *error = nullptr;
            aura_options_set(nullptr, "page", "1", &error);
            error_ = Error(error);
        }
        return error_;
    }

    /// The handle of the C ABI, which this object keeps; NULL where none are set.
    [[nodiscard]] const aura_options *get() const noexcept { return handle_.get(); }
};

} // namespace aura

#endif
