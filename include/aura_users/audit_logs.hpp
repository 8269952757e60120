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
#include <type_traits>
#include <utility>

namespace aura {

#ifdef __cpp_exceptions
/// An input iterator over the rest of a stream. `Next` is a function of the C ABI. The iterator owns
/// its string, and you may move the string. It throws if a row or a page fails.
///
/// It fetches a row on `*`, `->` or a comparison, and not on `++`. So std::views::take(5) takes exactly
/// five rows from the stream.
template <auto Next> class AuditLogsIterator {
    aura_audit_logs *logs_ = nullptr;
    mutable bool is_due_ = false;
    mutable bool is_end_ = true;
    mutable std::string json_;

    void fetch() const
    {
        char *json = nullptr;
        aura_error *error = nullptr;
        if (!is_due_)
            return;
        bool is_end = Next(logs_, &json, &error) == AURA_END;
        detail::String owned(json);
        if (error)
            throw Error(error);
        if (!is_end)
            json_ = json;
        is_end_ = is_end;
        is_due_ = false;
    }

public:
    using iterator_category = std::input_iterator_tag; ///< One pass.
    using value_type = std::string;                    ///< JSON.
    using difference_type = std::ptrdiff_t;            ///< As in all iterators.
    using pointer = std::string *;                     ///< To the JSON.
    using reference = std::string &;                   ///< To the JSON.

    /// The end of every stream.
    AuditLogsIterator() noexcept = default;

    /// Fetches the first row.
    explicit AuditLogsIterator(aura_audit_logs *logs) : logs_(logs), is_due_(true) { fetch(); }

    /// The JSON.
    reference operator*() const
    {
        fetch();
        return json_;
    }

    /// A member of the JSON's string.
    pointer operator->() const { return &**this; }

    /// Advances. The next row is fetched on its first use.
    AuditLogsIterator &operator++()
    {
        fetch();
        is_due_ = true;
        return *this;
    }

    /// Advances.
    void operator++(int) { ++*this; }

    /// Whether both are at the end, or neither is.
    friend bool operator==(const AuditLogsIterator &a, const AuditLogsIterator &b)
    {
        a.fetch();
        b.fetch();
        return a.is_end_ == b.is_end_;
    }

    /// Whether one is at the end and the other is not.
    friend bool operator!=(const AuditLogsIterator &a, const AuditLogsIterator &b)
    {
        return !(a == b);
    }
};

/// The rest of a stream, page by page. AuditLogs::pages() returns it.
template <class Logs> class AuditLogsPages {
    static constexpr bool is_borrowed = std::is_reference_v<Logs>;
    // A pointer can be assigned, which std::views requires, and a reference cannot.
    using Kept = std::conditional_t<is_borrowed, std::remove_reference_t<Logs> *, Logs>;
    Kept logs_;

    static Kept keep(std::remove_reference_t<Logs> &logs) noexcept
    {
        if constexpr (is_borrowed)
            return &logs;
        else
            return std::move(logs);
    }

public:
    /// One page of JSON at a time.
    using iterator = AuditLogsIterator<aura_audit_logs_next_page>;

    /// The pages of `logs`. It owns `logs` unless Logs is a reference.
    explicit AuditLogsPages(Logs &&logs) noexcept : logs_(keep(logs)) {}

    /// Fetches the first page. Throws Error.
    [[nodiscard]] iterator begin()
    {
        if constexpr (is_borrowed)
            return iterator(logs_->get());
        else
            return iterator(logs_.get());
    }

    /// The end.
    [[nodiscard]] iterator end() const noexcept { return {}; }
};
#endif

/// A stream of the rows of an audit log as JSON, newest first. Loop over it, or call next().
///
/// After an error the stream keeps its position: the next call requests the same page again. A second
/// loop continues after the last row of the first loop. The stream returns every row that existed at
/// its start exactly once and in order, even if the server writes rows meanwhile: see
/// ::aura_audit_logs.
class [[nodiscard]] AuditLogs {
    detail::Handle<aura_audit_logs, aura_audit_logs_free> handle_;

    template <class Function> Result<std::optional<std::string>> get_json(Function function) noexcept
    {
        char *json = nullptr;
        aura_error *error = nullptr;
        aura_status status = function(get(), &json, &error);
        return detail::to_result<std::optional<std::string>>(status, json, error);
    }

    template <class Function> Call<std::optional<std::string>> start(Function function) noexcept
    {
        aura_call *call = nullptr;
        aura_error *error = nullptr;
        if (function(get(), &call, &error) == AURA_OK)
            return Call<std::optional<std::string>>(call);
        return Call<std::optional<std::string>>(Error(error));
    }

public:
    /// Takes ownership of a stream of the C ABI.
    explicit AuditLogs(aura_audit_logs *owned) noexcept : handle_(owned) {}

    /// next() without exceptions.
    Result<std::optional<std::string>> try_next() noexcept { return get_json(aura_audit_logs_next); }

    /// next_page() without exceptions.
    Result<std::optional<std::string>> try_next_page() noexcept
    {
        return get_json(aura_audit_logs_next_page);
    }

    /// Starts next() without waiting for its result. Calls are served in the order of their starts.
    Call<std::optional<std::string>> start_next() noexcept
    {
        return start(aura_audit_logs_next_start);
    }

    /// Starts next_page() without waiting for its result. Calls are served in the order of their starts.
    Call<std::optional<std::string>> start_next_page() noexcept
    {
        return start(aura_audit_logs_next_page_start);
    }

    /// The page of the next row, counted from 1. To continue later, set the option "page" to it.
    [[nodiscard]] std::uint64_t page() const noexcept { return aura_audit_logs_page(get()); }

    /// The handle of the C ABI. This object keeps ownership. NULL if it was moved from.
    [[nodiscard]] aura_audit_logs *get() const noexcept { return handle_.get(); }

#ifdef __cpp_exceptions
    /// One row of JSON at a time.
    using iterator = AuditLogsIterator<aura_audit_logs_next>;

    /// Returns the next row, and waits for its page if necessary. Empty after the last row.
    [[nodiscard]] std::optional<std::string> next() { return try_next().value(); }

    /// Returns the rest of the current page, or the next page, as a JSON array of at least one row.
    /// Empty after the last page.
    [[nodiscard]] std::optional<std::string> next_page() { return try_next_page().value(); }

    /// Fetches the next row. Throws Error.
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
