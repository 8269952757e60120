/**
 * \file
 * nlohmann.hpp - converts the results of aura_users.hpp to nlohmann::json. No other header includes
 * this one or nlohmann/json.hpp.
 *
 *     for (auto &log : aura::parsed(client.stream_audit_logs()))
 *         std::cout << log["action"] << '\n';
 *
 *     auto user = client.try_create_user("eric", "short", {"eric@example.com"});
 *     nlohmann::json error = aura::parse(user.error());
 *     for (auto &[field, reason] : error["errors"].items())
 *         std::cerr << field << ": " << reason << '\n';
 *
 * Parsing throws nlohmann::json::exception for a value that nlohmann::json does not support, such as
 * the number 1e999. A stream continues after such a row. Everything here is since 0.1.0.
 */
#ifndef AURA_USERS_NLOHMANN_HPP
#define AURA_USERS_NLOHMANN_HPP

#include "../aura_users.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <iterator>
#include <string>
#include <utility>

namespace aura {

/// Parses a result of this library.
[[nodiscard]] inline nlohmann::json parse(const std::string &json)
{
    return nlohmann::json::parse(json);
}

/// Converts an error.
[[nodiscard]] inline nlohmann::json parse(const Error &error)
{
    return nlohmann::json::parse(error.json());
}

/// AuditLogs or its pages() as a range of parsed values. parsed() returns it.
template <class Range> class Parsed {
    using Inner = decltype(std::declval<Range &>().begin());
    Range range_;

public:
    /// An input iterator that owns its value.
    class iterator {
        Inner inner_;
        mutable bool due_ = true;
        mutable nlohmann::json value_;

    public:
        using iterator_category = std::input_iterator_tag; ///< One pass.
        using value_type = nlohmann::json;                 ///< The parsed value.
        using difference_type = std::ptrdiff_t;            ///< As in all iterators.
        using pointer = nlohmann::json *;                  ///< To the value.
        using reference = nlohmann::json &;                ///< To the value.

        /// The end.
        iterator() = default;

        /// The position of `inner`.
        explicit iterator(Inner inner) : inner_(std::move(inner)) {}

        /// The value. It is parsed on first use.
        reference operator*() const
        {
            if (due_)
                value_ = parse(*inner_);
            due_ = false;
            return value_;
        }

        /// A member of the value.
        pointer operator->() const { return &**this; }

        /// Advances.
        iterator &operator++()
        {
            ++inner_;
            due_ = true;
            return *this;
        }

        /// Advances.
        void operator++(int) { ++*this; }

        /// Whether both are at the end, or neither is.
        friend bool operator==(const iterator &a, const iterator &b) { return a.inner_ == b.inner_; }

        /// Whether one is at the end and the other is not.
        friend bool operator!=(const iterator &a, const iterator &b) { return !(a == b); }
    };

    /// The values of `range`. It owns `range` unless Range is a reference.
    explicit Parsed(Range &&range) noexcept : range_(std::forward<Range>(range)) {}

    /// Fetches the first value. Throws Error.
    [[nodiscard]] iterator begin() { return iterator(range_.begin()); }

    /// The end.
    [[nodiscard]] iterator end() const { return {}; }
};

/// The rows or the pages() of a stream as parsed values. It owns a stream that you move into it.
template <class Range> [[nodiscard]] Parsed<Range> parsed(Range &&range) noexcept
{
    return Parsed<Range>(std::forward<Range>(range));
}

} // namespace aura

#endif
