/*
 * check.hpp - checks that count themselves and print the values they saw, from any thread.
 *
 * A program uses CHECK and the similar macros, and ends with `return check::finish("name");`, which
 * prints `name: N passed, N failed, N skipped`.
 */
#ifndef CHECK_HPP
#define CHECK_HPP

#include "../c/bound.h"

#include <aura_users.hpp>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

#define CHECK(condition) check::that(static_cast<bool>(condition), #condition, __FILE__, __LINE__)
#define CHECK_EQ(actual, expected) check::equal((actual), (expected), #actual, __FILE__, __LINE__)
/* That `text` contains `part`. */
#define CHECK_HOLDS(text, part) check::holds((text), (part), #text, __FILE__, __LINE__)
/* Checks that a Result is an error of this kind. Returns the error. */
#define CHECK_FAILS(result, kind) check::fails((result), (kind), #result, __FILE__, __LINE__)
/* Checks that an expression throws an aura::Error of this kind. Returns the error. */
#define CHECK_THROWS(expression, kind) \
    check::throws([&] { static_cast<void>(expression); }, (kind), #expression, __FILE__, __LINE__)

namespace check {

inline std::atomic<long> passed{0}, failed{0}, skipped{0};

/* The subject of the checks, for the line of a failure. For the program's first thread. */
inline std::string subject;

inline bool count(bool good, const char *what, const char *file, int line,
                  const std::string &instead)
{
    if (good)
        passed++;
    else
        std::printf("%s:%d: %s%s%s: %s\n", file, line, subject.c_str(), subject.empty() ? "" : ": ",
                    what, instead.c_str()),
            failed++;
    return good;
}

inline bool that(bool good, const char *what, const char *file, int line)
{
    return count(good, what, file, line, "is false");
}

template <class T> std::string shown(const T &value)
{
    std::ostringstream text;
    text << std::boolalpha << value;
    return text.str();
}

template <class T> std::string shown(const std::optional<T> &value)
{
    return value ? shown(*value) : "nothing";
}

inline std::string shown(std::nullopt_t) { return "nothing"; }

template <class A, class B>
bool equal(const A &actual, const B &expected, const char *what, const char *file, int line)
{
    bool good = actual == expected;
    return count(good, what, file, line,
                 good ? "" : "is `" + shown(actual) + "`, not `" + shown(expected) + "`");
}

inline bool holds(std::string_view text, std::string_view part, const char *what, const char *file,
                  int line)
{
    return count(text.find(part) != text.npos, what, file, line,
                 "is `" + std::string(text) + "`, without `" + std::string(part) + "`");
}

inline void kind(const aura::Error &error, aura_status expected, const char *what,
                 const char *file, int line)
{
    count(error.kind() == expected, what, file, line,
          std::string("is ") + aura_status_name(error.kind()) + ", not " +
              aura_status_name(expected) + ": " + error.what());
}

template <class T>
aura::Error fails(const aura::Result<T> &result, aura_status expected, const char *what,
                  const char *file, int line)
{
    kind(result.error(), expected, what, file, line);
    count(!result.has_value(), what, file, line, "has a value");
    return result.error();
}

#ifdef __cpp_exceptions
template <class Function>
aura::Error throws(Function function, aura_status expected, const char *what, const char *file,
                   int line)
{
    aura::Error thrown;
    try {
        function();
    } catch (const aura::Error &error) {
        thrown = error;
    }
    kind(thrown, expected, what, file, line);
    return thrown;
}
#endif

inline void skip(const char *what, const char *reason)
{
    skipped++;
    std::printf("skipped: %s: %s\n", what, reason);
}

inline int finish(const char *program)
{
    std::printf("%s: %ld passed, %ld failed, %ld skipped\n", program, passed.load(), failed.load(),
                skipped.load());
    return failed == 0 && passed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* For a condition that a test needs to go on. */
[[noreturn]] inline void give_up(const std::string &why)
{
    std::fflush(stdout);
    std::fprintf(stderr, "cannot go on: %s\n", why.c_str());
    std::exit(2);
}

} // namespace check

#endif
