/**
 * \file
 * call.hpp - a running call: aura::Call.
 */
#ifndef AURA_USERS_CALL_HPP
#define AURA_USERS_CALL_HPP

#include "error.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

namespace aura {

/// A call that runs on a thread of the library: a future for T. The functions start_... return it. An
/// invalid argument is its result too. Destroying it cancels the call. If the call has ended, its row
/// or page of a stream is lost.
template <class T> class [[nodiscard]] Call {
    detail::Handle<aura_call, aura_call_free> handle_;
    std::unique_ptr<Result<T>> result_; // from its arrival until get()
    bool taken_ = false;

    /// Waits for the result. Whether it is there.
    bool wait_until(std::int64_t milliseconds) noexcept
    {
        char *json = nullptr;
        aura_error *error = nullptr;
        if (result_)
            return true;
        aura_status status = aura_call_wait(handle_.get(), milliseconds, &json, &error);
        if (status == AURA_PENDING)
            return false;
        result_ = std::make_unique<Result<T>>(detail::to_result<T>(status, json, error));
        return true;
    }

public:
    /// An empty object, as after a move: get() is AURA_INVALID_ARGUMENT.
    Call() noexcept = default;

    /// Takes ownership of a call of the C ABI.
    explicit Call(aura_call *owned) noexcept : handle_(owned) {}

    /// A call that failed at its start.
    explicit Call(Error error) noexcept : result_(std::make_unique<Result<T>>(std::move(error))) {}

    /// Whether get() returns a result, now or later.
    [[nodiscard]] bool valid() const noexcept { return !taken_ && (handle_ || result_); }

    /// Whether it has ended. It does not wait.
    [[nodiscard]] bool done() const noexcept
    {
        return result_ || aura_call_poll(handle_.get()) != AURA_PENDING;
    }

    /// Waits for its end.
    void wait() noexcept { wait_until(-1); }

    /// Waits for its end, for at most `time`. Returns whether it has ended.
    template <class Rep, class Period>
    [[nodiscard]] bool wait_for(const std::chrono::duration<Rep, Period> &time) noexcept
    {
        std::int64_t milliseconds = detail::milliseconds(time);
        return wait_until(milliseconds < 0 ? 0 : milliseconds);
    }

    /// Waits, and returns the result or the error. The second time it is AURA_INVALID_ARGUMENT.
    Result<T> try_get() noexcept
    {
        wait();
        taken_ = true;
        std::unique_ptr<Result<T>> result = std::move(result_);
        return std::move(*result);
    }

#ifdef __cpp_exceptions
    /// Waits, and returns the result or throws the error. The second time it is AURA_INVALID_ARGUMENT.
    T get() { return try_get().value(); }
#endif

    /// Cancels the call without waiting for its end. It ends with AURA_CANCELLED, or with its result if
    /// that arrived first. Any thread may call it.
    void cancel() const noexcept { aura_call_cancel(handle_.get()); }

    /// A descriptor that becomes readable when the call ends, for poll() and event loops. The call owns
    /// it: do not read from it, and do not close it. -1 if there is none: see aura_call_fd().
    [[nodiscard]] int fd() const noexcept { return aura_call_fd(handle_.get()); }
};

} // namespace aura

#endif
