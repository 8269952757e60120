/**
 * \file
 * nlohmann.hpp - what aura_users.hpp gives, as values of nlohmann::json. For those who want it:
 * nothing else here includes this, nor nlohmann/json.hpp.
 *
 *     for (auto &log : aura::parsed(client.stream_audit_logs()))
 *         std::cout << log["action"] << '\n';
 *
 *     auto user = client.try_create_user("eric", "short", {"eric@example.com"});
 *     nlohmann::json told = aura::parse(user.error());
 *     for (auto &[field, complaint] : told["errors"].items())
 *         std::cerr << field << ": " << complaint << '\n';
 *
 * Parsing throws nlohmann::json::exception for what JSON allows and nlohmann::json cannot hold,
 * such as the number 1e999; a stream goes on behind such a row. All of this is since 0.1.0.
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

/// A result of this library as a value.
[[nodiscard]] inline nlohmann::json parse(const std::string &json)
{
    return nlohmann::json::parse(json);
}

/// All that is known of an error.
[[nodiscard]] inline nlohmann::json parse(const Error &error)
{
    return nlohmann::json::parse(error.json());
}

/// A range of JSON, AuditLogs or its pages(), as a range of values: what parsed() gives.
template <class Range> class Parsed {
    using Inner = decltype(std::declval<Range &>().begin());
    Range range_;

public:
    /// An input iterator whose value is its own.
    class iterator {
        Inner inner_;
        mutable bool due_ = true;
        mutable nlohmann::json value_;

    public:
        using iterator_category = std::input_iterator_tag; ///< One pass.
        using value_type = nlohmann::json;                 ///< What was parsed.
        using difference_type = std::ptrdiff_t;            ///< As iterators have it.
        using pointer = nlohmann::json *;                  ///< To the value.
        using reference = nlohmann::json &;                ///< To the value.

        /// The end.
        iterator() = default;

        /// At what `inner` is at.
        explicit iterator(Inner inner) : inner_(std::move(inner)) {}

        /// The value, parsed when it is first looked at.
        reference operator*() const
        {
            if (due_)
                value_ = parse(*inner_);
            due_ = false;
            return value_;
        }

        /// A member of the value.
        pointer operator->() const { return &**this; }

        /// Goes on to the next.
        iterator &operator++()
        {
            ++inner_;
            due_ = true;
            return *this;
        }

        /// Goes on to the next.
        void operator++(int) { ++*this; }

        /// Whether both are at the end, or neither is.
        friend bool operator==(const iterator &a, const iterator &b) { return a.inner_ == b.inner_; }

        /// Whether one is at the end and the other is not.
        friend bool operator!=(const iterator &a, const iterator &b) { return !(a == b); }
    };

    /// The values of `range`, which is its own where it is not a reference.
    explicit Parsed(Range &&range) noexcept : range_(std::forward<Range>(range)) {}

    /// Fetches the first; throws Error.
    [[nodiscard]] iterator begin() { return iterator(range_.begin()); }

    /// The end.
    [[nodiscard]] iterator end() const { return {}; }
};

/// A stream's rows, or its pages(), parsed. It owns a stream that is handed over to it.
template <class Range> [[nodiscard]] Parsed<Range> parsed(Range &&range) noexcept
{
    return Parsed<Range>(std::forward<Range>(range));
}

} // namespace aura

#endif
