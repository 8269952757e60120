/**
 * \file
 * audit_logs.hpp - the audit log as a stream: aura::AuditLogs.
 */
#ifndef AURA_USERS_AUDIT_LOGS_HPP
#define AURA_USERS_AUDIT_LOGS_HPP

#include "call.hpp"

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

namespace aura {

#ifdef __cpp_exceptions
/// An input iterator over what is left of a stream, by `Next`, a function of the C ABI. Its string
/// is its own: move it out if you like. It throws where a row or page fails.
///
/// It fetches when it is looked at, by `*`, `->` or a comparison: a loop that stops counting after
/// five rows, such as std::views::take(5), has taken five from the stream.
template <auto Next> class AuditLogsIterator {
    aura_audit_logs *logs_ = nullptr;
    mutable bool due_ = false;
    mutable bool over_ = true;
    mutable std::string json_;

    void look() const
    {
        char *json = nullptr;
        aura_error *error = nullptr;
        if (!due_)
            return;
        bool over = Next(logs_, &json, &error) == AURA_END;
        detail::String owned(json);
        if (error)
            throw Error(error);
        if (!over)
            json_ = json;
        over_ = over;
        due_ = false;
    }

public:
    using iterator_category = std::input_iterator_tag; ///< One pass.
    using value_type = std::string;                    ///< JSON.
    using difference_type = std::ptrdiff_t;            ///< As iterators have it.
    using pointer = std::string *;                     ///< To the JSON.
    using reference = std::string &;                   ///< To the JSON.

    /// The end of every stream.
    AuditLogsIterator() noexcept = default;

    /// Fetches the first.
    explicit AuditLogsIterator(aura_audit_logs *logs) : logs_(logs), due_(true) { look(); }

    /// The JSON.
    reference operator*() const
    {
        look();
        return json_;
    }

    /// A member of the JSON's string.
    pointer operator->() const { return &**this; }

    /// Goes on to the next, which is fetched when it is looked at.
    AuditLogsIterator &operator++()
    {
        look();
        due_ = true;
        return *this;
    }

    /// Goes on to the next.
    void operator++(int) { ++*this; }

    /// Whether both are at the end, or neither is.
    friend bool operator==(const AuditLogsIterator &a, const AuditLogsIterator &b)
    {
        a.look();
        b.look();
        return a.over_ == b.over_;
    }

    /// Whether one is at the end and the other is not.
    friend bool operator!=(const AuditLogsIterator &a, const AuditLogsIterator &b)
    {
        return !(a == b);
    }
};

/// What is left of a stream, page by page: what AuditLogs::pages() gives.
template <class Logs> class AuditLogsPages {
    Logs logs_;

public:
    /// A page of JSON at a time.
    using iterator = AuditLogsIterator<aura_audit_logs_next_page>;

    /// The pages of `logs`, which is its own where it is not a reference.
    explicit AuditLogsPages(Logs &&logs) noexcept : logs_(std::forward<Logs>(logs)) {}

    /// Fetches the first; throws Error.
    [[nodiscard]] iterator begin() { return iterator(logs_.get()); }

    /// The end.
    [[nodiscard]] iterator end() const noexcept { return {}; }
};
#endif

/// A stream of audit-log rows, newest first, as JSON: a range to loop over, or next() by hand.
///
/// An error keeps the place: the next call requests the same page again. A second loop goes on with
/// the row after the one at which the first loop was left. Every row that existed when the reading
/// began comes exactly once, in order, also if other rows are written meanwhile: see
/// ::aura_audit_logs.
class [[nodiscard]] AuditLogs {
    detail::Handle<aura_audit_logs, aura_audit_logs_free> handle_;

    template <class Function> Result<std::optional<std::string>> taken(Function function) noexcept
    {
        char *json = nullptr;
        aura_error *error = nullptr;
        aura_status status = function(get(), &json, &error);
        return detail::outcome<std::optional<std::string>>(status, json, error);
    }

    template <class Function> Call<std::optional<std::string>> started(Function function) noexcept
    {
        aura_call *call = nullptr;
        aura_error *error = nullptr;
        if (function(get(), &call, &error) == AURA_OK)
            return Call<std::optional<std::string>>(call);
        return Call<std::optional<std::string>>(Error(error));
    }

public:
    /// Takes over a stream that a function of the C ABI gave.
    explicit AuditLogs(aura_audit_logs *owned) noexcept : handle_(owned) {}

    /// The next row, waited for where necessary; none after the last one.
    Result<std::optional<std::string>> try_next() noexcept { return taken(aura_audit_logs_next); }

    /// The rest of the page at hand, or the next one: a JSON array of at least one row; none after
    /// the last one.
    Result<std::optional<std::string>> try_next_page() noexcept
    {
        return taken(aura_audit_logs_next_page);
    }

    /// next() as a call; several are served in the order they were started.
    Call<std::optional<std::string>> start_next() noexcept
    {
        return started(aura_audit_logs_next_start);
    }

    /// next_page() as a call; several are served in the order they were started.
    Call<std::optional<std::string>> start_next_page() noexcept
    {
        return started(aura_audit_logs_next_page_start);
    }

    /// The page the next row is on, counted from 1: the option "page" of a stream that goes on
    /// another day.
    [[nodiscard]] std::uint64_t page() const noexcept { return aura_audit_logs_page(get()); }

    /// The handle of the C ABI, which this object keeps.
    [[nodiscard]] aura_audit_logs *get() const noexcept { return handle_.get(); }

#ifdef __cpp_exceptions
    /// A row of JSON at a time.
    using iterator = AuditLogsIterator<aura_audit_logs_next>;

    /// try_next(), or throws Error.
    [[nodiscard]] std::optional<std::string> next() { return try_next().value(); }

    /// try_next_page(), or throws Error.
    [[nodiscard]] std::optional<std::string> next_page() { return try_next_page().value(); }

    /// Fetches the next row; throws Error.
    [[nodiscard]] iterator begin() { return iterator(get()); }

    /// The end.
    [[nodiscard]] iterator end() const noexcept { return {}; }

    /// A range of pages, each a JSON array, over this stream.
    [[nodiscard]] AuditLogsPages<AuditLogs &> pages() & noexcept
    {
        return AuditLogsPages<AuditLogs &>(*this);
    }

    /// A range of pages, each a JSON array, that owns the stream.
    [[nodiscard]] AuditLogsPages<AuditLogs> pages() && noexcept
    {
        return AuditLogsPages<AuditLogs>(std::move(*this));
    }
#endif
};

} // namespace aura

#endif
