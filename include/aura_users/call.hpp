/**
 * \file
 * call.hpp - a call that goes on by itself: aura::Call.
 */
#ifndef AURA_USERS_CALL_HPP
#define AURA_USERS_CALL_HPP

#include "error.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

namespace aura {

/// A call under way on a thread of the library: what start_... gives, a future for T. What was
/// wrong with its arguments comes out of it as well. Destroying it cancels the call; with one that
/// has ended, the row or page it took from a stream is lost.
template <class T> class [[nodiscard]] Call {
    detail::Handle<aura_call, aura_call_free> handle_;
    std::unique_ptr<Result<T>> result_; // once it is here, until it is taken
    bool taken_ = false;

    bool ended(std::int64_t milliseconds) noexcept
    {
        char *json = nullptr;
        aura_error *error = nullptr;
        if (result_)
            return true;
        aura_status status = aura_call_wait(handle_.get(), milliseconds, &json, &error);
        if (status == AURA_PENDING)
            return false;
        result_ = std::make_unique<Result<T>>(detail::outcome<T>(status, json, error));
        return true;
    }

public:
    /// No call: get() is AURA_INVALID_ARGUMENT.
    Call() noexcept = default;

    /// Takes over a call that a function of the C ABI gave.
    explicit Call(aura_call *owned) noexcept : handle_(owned) {}

    /// A call that failed before it began.
    explicit Call(Error error) noexcept : result_(std::make_unique<Result<T>>(std::move(error))) {}

    /// Whether get() has a result to give, now or later.
    [[nodiscard]] bool valid() const noexcept { return !taken_ && (handle_ || result_); }

    /// Whether it has ended, without waiting.
    [[nodiscard]] bool done() const noexcept
    {
        return result_ || aura_call_poll(handle_.get()) != AURA_PENDING;
    }

    /// Waits until it has ended.
    void wait() noexcept { ended(-1); }

    /// Waits until it has ended, so long at most; whether it has.
    template <class Rep, class Period>
    [[nodiscard]] bool wait_for(const std::chrono::duration<Rep, Period> &time) noexcept
    {
        std::int64_t milliseconds = detail::milliseconds(time);
        return ended(milliseconds < 0 ? 0 : milliseconds);
    }

    /// Waits, and gives the result or the error: once, then AURA_INVALID_ARGUMENT.
    Result<T> try_get() noexcept
    {
        wait();
        taken_ = true;
        std::unique_ptr<Result<T>> result = std::move(result_);
        return std::move(*result);
    }

#ifdef __cpp_exceptions
    /// Waits, and gives the result or throws the error: once, then AURA_INVALID_ARGUMENT.
    T get() { return try_get().value(); }
#endif

    /// Asks it to end, and does not wait for that: it ends with AURA_CANCELLED, or with its result
    /// where that came first. Any thread.
    void cancel() const noexcept { aura_call_cancel(handle_.get()); }

    /// A descriptor that is readable once it has ended, for poll() and its like; the call's own,
    /// not to be read or closed. -1 where there is none: see aura_call_fd().
    [[nodiscard]] int fd() const noexcept { return aura_call_fd(handle_.get()); }
};

} // namespace aura

#endif
