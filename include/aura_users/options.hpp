/**
 * \file
 * options.hpp - what goes in: texts, options, the token that cancels.
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

/// A text that goes in, UTF-8. A NULL is refused by name, where it is used, and so is a text with a
/// NUL inside: as one that is not UTF-8, never cut short. To be made where it is passed, not kept.
class Text {
    std::string copy_;
    const char *text_;

    void keep(std::string_view text)
    {
        copy_ = text;
        std::replace(copy_.begin(), copy_.end(), '\0', '\xff'); // a byte that UTF-8 has not
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

    /// Copies a view, which may have no NUL behind it.
    Text(std::string_view text) { keep(text); }

    Text(const Text &) = delete;
    Text &operator=(const Text &) = delete;

    /// The text as the C ABI takes it.
    [[nodiscard]] const char *c_str() const noexcept { return text_; }
};

namespace detail {

/// A list of texts as the C ABI takes it. To be made where it is passed, not kept.
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

    /// All of them.
    [[nodiscard]] const char *const *data() const noexcept { return pointers_.data(); }

    /// How many.
    [[nodiscard]] std::size_t size() const noexcept { return pointers_.size(); }
};

} // namespace detail

namespace detail {

/// Whether T is for counting, and not for text.
template <class T>
constexpr bool is_number =
    std::is_integral_v<T> && !std::is_same_v<T, char> && !std::is_same_v<T, wchar_t> &&
    !std::is_same_v<T, char16_t> && !std::is_same_v<T, char32_t>;

} // namespace detail

/// The value of an option: a text, a number, true or false, or a time; nullptr for not set.
struct Value : Text {
    using Text::Text;

    /// A whole number, or true or false; not a character.
    template <class T, class = std::enable_if_t<detail::is_number<T>>>
    Value(T number) : Text(std::string_view(in_words(number)))
    {
    }

    /// A time, to the millisecond.
    template <class Rep, class Period>
    Value(const std::chrono::duration<Rep, Period> &time)
        : Text(std::string_view(in_seconds(detail::milliseconds(time))))
    {
    }

private:
    static std::string in_words(bool truth) { return truth ? "true" : "false"; }

    template <class T> static std::string in_words(T number) { return std::to_string(number); }

    static std::string in_seconds(std::int64_t milliseconds)
    {
        std::string thousandths = std::to_string(1000 + std::abs(milliseconds) % 1000);
        return (milliseconds < 0 ? "-" : "") + std::to_string(std::abs(milliseconds) / 1000) + '.' +
               thousandths.substr(1);
    }
};

/// An option by its name.
struct Option {
    Text name;   ///< One of those that the first page of aura_users.h lists.
    Value value; ///< What it is set to.
};

/// Ends calls and streams that block, from any thread. Copies are the same token.
class CancelToken {
    std::shared_ptr<aura_cancel_token> handle_{aura_cancel_token_new(), aura_cancel_token_free};

public:
    /// A token that has not been cancelled.
    CancelToken() = default;

    /// The same token; there is no moving, which would leave none behind.
    CancelToken(const CancelToken &) noexcept = default;

    /// The same token from now on.
    CancelToken &operator=(const CancelToken &) noexcept = default;

    /// Ends what waits with this token, and what begins with it later: AURA_CANCELLED. A stream
    /// keeps its place. For good.
    void cancel() const noexcept { aura_cancel_token_cancel(handle_.get()); }

    /// The handle of the C ABI, which this object keeps.
    [[nodiscard]] aura_cancel_token *get() const noexcept { return handle_.get(); }
};

/// Options of a client or of one call. A name or value that is refused is told where the options
/// are used: the client or the call fails with AURA_INVALID_ARGUMENT, which names it.
class Options {
    detail::Handle<aura_options, aura_options_free> handle_;
    Error refusal_;

    aura_options *made()
    {
        if (!handle_)
            handle_.reset(aura_options_new());
        return handle_.get();
    }

    void note(aura_error *error)
    {
        if (error && refusal_.kind() == AURA_OK)
            refusal_ = Error(error);
        else
            aura_error_free(error);
    }

public:
    /// None are set.
    Options() noexcept = default;

    /// These are set: `{{"timeout", 5s}, {"max_retries", 0}}`.
    Options(std::initializer_list<Option> options)
    {
        for (const Option &option : options)
            set(option.name, option.value);
    }

    /// Sets an option, or unsets it with nullptr.
    Options &set(const Text &name, const Value &value) &
    {
        aura_error *error = nullptr;
        aura_options_set(made(), name.c_str(), value.c_str(), &error);
        note(error);
        return *this;
    }

    /// Sets an option, or unsets it with nullptr.
    [[nodiscard]] Options &&set(const Text &name, const Value &value) &&
    {
        return std::move(set(name, value));
    }

    /// Has `token` end what is called with these options.
    Options &set_cancel_token(const CancelToken &token) &
    {
        aura_error *error = nullptr;
        aura_options_set_cancel_token(made(), token.get(), &error);
        note(error);
        return *this;
    }

    /// Has `token` end what is called with these options.
    [[nodiscard]] Options &&set_cancel_token(const CancelToken &token) &&
    {
        return std::move(set_cancel_token(token));
    }

    /// The first refusal, which is what using them gives; 'no error' where all is well.
    [[nodiscard]] const Error &error() const noexcept { return refusal_; }

    /// The handle of the C ABI, which this object keeps; NULL where none are set.
    [[nodiscard]] const aura_options *get() const noexcept { return handle_.get(); }
};

} // namespace aura

#endif
