/*
 * errors.cpp - errors that are thrown or returned, mistakes of a careless caller, and the state
 * of a handle after a move.
 *
 *     errors path/to/aura-sandbox
 */
#include "check.hpp"
#include "server.hpp"

using namespace std::chrono_literals;
using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

template <class T>
constexpr bool moves_only =
    std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T> &&
    !std::is_copy_constructible_v<T> && !std::is_copy_assignable_v<T>;
static_assert(moves_only<aura::Client> && moves_only<aura::AuditLogs> && moves_only<aura::Options>);
static_assert(moves_only<aura::Call<void>> && moves_only<aura::Call<std::string>>);
static_assert(moves_only<aura::Result<aura::Client>>);
static_assert(std::is_nothrow_copy_constructible_v<aura::Error>, "as exceptions are");
static_assert(std::is_nothrow_copy_constructible_v<aura::CancelToken>);
static_assert(!std::is_convertible_v<aura::Result<std::string>, bool>, "only where it is asked");
static_assert(noexcept(std::declval<aura::Client &>().try_get_current_user()));
static_assert(!std::is_constructible_v<aura::Value, double>, "a time has a unit");

void thrown_and_returned_errors(const aura::Client &client)
{
    aura::Error kept;
    try {
        client.reset_user_password("eric");
    } catch (const std::exception &error) {
        CHECK_HOLDS(error.what(), "unsupported");
        kept = dynamic_cast<const aura::Error &>(error);
    }
    CHECK_EQ(kept.kind(), AURA_UNSUPPORTED);
    CHECK_EQ(kept.http_status(), 404);
    CHECK(!kept.retry_after());
    json members = json::parse(kept.json());
    CHECK_EQ(members["kind"], "unsupported");
    CHECK_EQ(members["route"], "/users/{username_or_email}/reset");
    CHECK_EQ(members["text"], kept.what());
    CHECK_EQ(members["code"], 25);

    /* Each member is a method too. */
    CHECK_EQ(members["message"], kept.message());
    CHECK_EQ(members["route"], kept.route().value_or(""));
    CHECK_EQ(members["method"], kept.method().value_or(""));
    CHECK_EQ(members["hint"], kept.hint().value_or(""));
    CHECK_EQ(members["request_id"], kept.request_id().value_or(""));
    CHECK_EQ(members["attempts"], kept.attempts());
    CHECK_EQ(members["outcome_unknown"], kept.outcome_unknown());
    CHECK_EQ(members["retryable"], kept.retryable());
    CHECK(!kept.reason() && !kept.field_errors_json());

    /* Both forms return the same error, except for the request id. */
    aura::Error thrown = CHECK_THROWS(client.get_user("nobody"), AURA_NOT_FOUND);
    aura::Error given = CHECK_FAILS(client.try_get_user("nobody"), AURA_NOT_FOUND);
    json one = json::parse(thrown.json()), other = json::parse(given.json());
    CHECK(one["request_id"] != other["request_id"]);
    for (const char *member : {"request_id", "text"})
        one.erase(member), other.erase(member);
    CHECK_EQ(one, other);

    json refused = json::parse(
        CHECK_FAILS(client.try_create_user("eric", "short", {"eric at home"}), AURA_VALIDATION)
            .json());
    for (const char *field : {"password", "emails"})
        CHECK(refused["errors"].contains(field));

    aura::Error none;
    CHECK_EQ(none.kind(), AURA_OK);
    CHECK_EQ(none.what(), ""s);
    CHECK_EQ(none.json(), "null");
    CHECK(!none.http_status() && !none.retry_after() && !none.hint());
    CHECK_EQ(none.message(), "");
}

void results(const aura::Client &client)
{
    aura::Result<std::string> user = client.try_get_user("eric");
    if (CHECK(user)) {
        CHECK_EQ(user.error().kind(), AURA_OK);
        CHECK_EQ(json::parse(*user)["username"], "eric");
        CHECK_EQ(user->front(), '{');
        CHECK_EQ(user.value(), *user);
        std::string taken = std::move(user).value();
        CHECK_EQ(json::parse(taken)["username"], "eric");
    }
    user = client.try_get_user("nobody");
    CHECK_THROWS(user.value(), AURA_NOT_FOUND);
    CHECK_THROWS(std::move(user).value(), AURA_NOT_FOUND);

    aura::Result<void> reset = client.try_reset_user_password("eric");
    CHECK_THROWS(reset.value(), AURA_UNSUPPORTED);
    CHECK_EQ(std::string(reset.error().what()), CHECK_FAILS(reset, AURA_UNSUPPORTED).what());

    /* One switch covers the whole outcome. */
    switch (client.try_get_user("eric").error().kind()) {
    case AURA_OK:
        break;
    default:
        CHECK(false);
    }
}

/* Text that the library cannot take is refused by name, and nothing is sent. */
void texts(const aura::Client &client)
{
    auto refused = [](const aura::Error &error, std::string_view word) {
        CHECK_HOLDS(error.what(), word);
        CHECK_EQ(json::parse(error.json())["attempts"], 0);
    };
    const aura_status bad = AURA_INVALID_ARGUMENT;
    refused(CHECK_FAILS(client.try_get_user(nullptr), bad), "username_or_email is NULL");
    refused(CHECK_FAILS(client.try_get_user(std::getenv("NO_SUCH_VARIABLE")), bad), "NULL");
    refused(CHECK_FAILS(client.try_get_user("\xff"), bad), "username_or_email is not valid UTF-8");
    refused(CHECK_FAILS(client.try_get_user("eric\0smith"s), bad), "UTF-8 at byte 4");
    refused(CHECK_FAILS(client.try_get_user("eric\0"sv), bad), "UTF-8 at byte 4");
    refused(CHECK_FAILS(client.try_reset_user_password("eric\0"s), bad), "username_or_email");
    refused(CHECK_FAILS(client.try_create_user("e\0"s, "pw", {"e@example.com"}), bad), "username");
    refused(CHECK_FAILS(client.try_create_user("e", "p\0w"s, {"e@example.com"}), bad), "password");
    refused(CHECK_FAILS(client.try_create_user("e", "pw", {"e@example.com\0"s}), bad), "emails[0]");
    refused(CHECK_FAILS(client.try_create_user("e", "pw", {"a@b", "c@d"}), bad), "2 addresses");
    refused(CHECK_FAILS(client.try_get_user("me"), bad), "username_or_email");
    refused(CHECK_THROWS(client.get_user(""), bad), "username_or_email");

    /* The text of a view need not end with a NUL. */
    CHECK(client.try_get_user("eric and others"sv.substr(0, 4)));
    const std::string eric = "eric";
    CHECK(client.try_get_user(eric));
    CHECK(client.try_get_user(eric.c_str()));
}

void options(const Sandbox &sandbox)
{
    auto text = [](const aura::Value &value) { return std::string(value.c_str()); };
    CHECK_EQ(text(true), "true");
    CHECK_EQ(text(0), "0");
    CHECK_EQ(text(UINT64_MAX), "18446744073709551615");
    CHECK_EQ(text(5s), "5.000");
    CHECK_EQ(text(1500ms), "1.500");
    CHECK_EQ(text(1us), "0.001");
    CHECK_EQ(text(0.25s), "0.250");
    CHECK_EQ(text(-1ms), "-0.001");
    CHECK_EQ(text(std::chrono::hours::max()), "9000000000000.000");
    CHECK_EQ(text("wait"sv), "wait");
    CHECK(aura::Value(nullptr).c_str() == nullptr);

    /* A refused option is reported by the function that uses the options: the first one, by name.
       */
    aura::Options options;
    CHECK(options.get() == nullptr);
    options.set("page", 1).set("page", 0).set("repo-url", "x").set("prefetch", 0);
    CHECK_HOLDS(options.error().what(), "page is \"0\"");
    CHECK_HOLDS(CHECK_THROWS(aura::Client(options), AURA_INVALID_ARGUMENT).what(), "page");
    CHECK_HOLDS(CHECK_FAILS(aura::Client::try_make(options), AURA_INVALID_ARGUMENT).what(), "page");
    aura::Client client(sandbox.options("eric"));
    CHECK_THROWS(client.get_user("eric", options), AURA_INVALID_ARGUMENT);
    CHECK_THROWS(client.reset_user_password("eric", options), AURA_INVALID_ARGUMENT);
    CHECK_THROWS(client.stream_audit_logs(options), AURA_INVALID_ARGUMENT);
    CHECK_THROWS(client.rate_limit(options), AURA_INVALID_ARGUMENT);
    auto fails_with = [&client](const aura::Options &given, std::string_view word) {
        CHECK_HOLDS(CHECK_FAILS(client.try_get_user("eric", given), AURA_INVALID_ARGUMENT).what(),
                    word);
    };
    fails_with({{"repo-url", "http://localhost/api"}}, "\"repo-url\"");
    fails_with({{nullptr, "1"}}, "name is NULL");
    fails_with({{"timeout", "soon"}}, "timeout");
    fails_with({"timeout", "soon"}, "timeout");
    fails_with({"tiemout", "5"}, "Did you mean `timeout`?");
    fails_with({"env", false}, "env is an option of a client");
    fails_with({{"timeout", 0s}}, "timeout is \"0.000\"");
    fails_with({{"user_agent", "program\0"s}}, "user_agent");

    /* nullptr unsets an option. A call's option takes precedence, only for that call. */
    aura::Options call = aura::Options{}.set("api_key", "another-key");
    CHECK_FAILS(client.try_get_current_user(call), AURA_UNAUTHENTICATED);
    CHECK(client.try_get_current_user());
    CHECK(client.try_get_current_user(call.set("api_key", nullptr)));

    /* The options were copied when they were used. */
    aura::Options shared = sandbox.options("eric");
    aura::Client first(shared);
    shared.set("api_key", "another-key");
    aura::Client second(shared);
    CHECK(first.try_get_current_user());
    CHECK_FAILS(second.try_get_current_user(), AURA_UNAUTHENTICATED);
}

void moved_from(const Sandbox &sandbox)
{
    aura::Client client(sandbox.options("eric"));
    aura::Client owner = std::move(client);
    CHECK_HOLDS(CHECK_THROWS(client.get_user("eric"), AURA_INVALID_ARGUMENT).what(),
                "client is NULL: it was not created, or, in C++, it was moved from");
    CHECK_FAILS(client.try_get_current_user(), AURA_INVALID_ARGUMENT);
    CHECK_FAILS(client.try_create_user("e", "p", {}), AURA_INVALID_ARGUMENT);
    CHECK_FAILS(client.try_reset_user_password("eric"), AURA_INVALID_ARGUMENT);
    CHECK_FAILS(client.try_stream_audit_logs(), AURA_INVALID_ARGUMENT);
    CHECK_FAILS(client.try_rate_limit(), AURA_INVALID_ARGUMENT);
    CHECK_FAILS(client.start_get_user("eric").try_get(), AURA_INVALID_ARGUMENT);
    CHECK(owner.try_get_user("eric"));
    client = std::move(owner);
    CHECK(client.try_get_user("eric"));

    aura::AuditLogs logs = client.stream_audit_logs();
    aura::AuditLogs reader = std::move(logs);
    CHECK_HOLDS(CHECK_THROWS(logs.next(), AURA_INVALID_ARGUMENT).what(), "moved from");
    for (int twice = 0; twice < 2; twice++)
        CHECK_HOLDS(CHECK_FAILS(logs.try_next(), AURA_INVALID_ARGUMENT).what(), "moved from");
    CHECK_FAILS(logs.try_next_page(), AURA_INVALID_ARGUMENT);
    CHECK_FAILS(logs.start_next().try_get(), AURA_INVALID_ARGUMENT);
    CHECK_THROWS(logs.begin(), AURA_INVALID_ARGUMENT);
    CHECK_THROWS(logs.pages().begin(), AURA_INVALID_ARGUMENT);
    CHECK_EQ(logs.page(), 0U);
    CHECK(reader.try_next());

    aura::Call<std::string> call = client.start_get_user("eric");
    aura::Call<std::string> taken = std::move(call);
    CHECK_HOLDS(CHECK_THROWS(call.get(), AURA_INVALID_ARGUMENT).what(), "moved from");
    CHECK_HOLDS(CHECK_FAILS(call.try_get(), AURA_INVALID_ARGUMENT).what(), "moved from");
    CHECK(call.wait_for(0s) && call.done() && !call.valid());
    call.cancel();
    CHECK(taken.try_get());

    /* A token is never empty: a moved one is a copy. */
    aura::CancelToken token;
    aura::CancelToken same = std::move(token);
    token.cancel();
    CHECK_FAILS(client.try_get_user("eric", aura::Options().set_cancel_token(same)),
                AURA_CANCELLED);

    aura::Options options{{"page", 2}};
    aura::Options kept = std::move(options);
    CHECK(options.get() == nullptr);
    CHECK_HOLDS(options.error().what(), "moved from");
    CHECK_FAILS(client.try_get_user("eric", options), AURA_INVALID_ARGUMENT);
    CHECK_FAILS(client.try_get_user("eric", options.set("max_retries", 1)), AURA_INVALID_ARGUMENT);
    CHECK_FAILS(client.start_get_user("eric", options).try_get(), AURA_INVALID_ARGUMENT);
    CHECK_FAILS(aura::Client::try_make(options), AURA_INVALID_ARGUMENT);
    options = aura::Options{{"max_retries", 1}};
    CHECK(client.try_get_user("eric", options));
    CHECK_EQ(client.stream_audit_logs(kept).page(), 2U);

    aura::Error error = client.try_get_user("nobody").error(), copy = error;
    aura::Error other = std::move(error);
    CHECK_EQ(error.kind(), AURA_OK);
    CHECK_EQ(error.what(), ""s);
    CHECK_EQ(std::string(copy.what()), other.what());
}

/* A handle of the C ABI works here, and a handle from here works in the C ABI. */
void with_the_c_abi(const Sandbox &sandbox)
{
    aura_client *made = nullptr;
    CHECK_EQ(aura_client_new(sandbox.options("eric").get(), &made, nullptr), AURA_OK);
    aura::Client client(made);
    char *user = nullptr;
    aura_error *error = nullptr;
    CHECK_EQ(aura_get_user(client.get(), "nobody", nullptr, &user, &error), AURA_NOT_FOUND);
    CHECK_THROWS(throw aura::Error(error), AURA_NOT_FOUND);
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 2)
        check::give_up("usage: errors AURA_SANDBOX");
    bound_alarm(300);
    Sandbox sandbox(argv[1]);
    sandbox.account("eric");
    aura::Client client(sandbox.options("eric"));

    thrown_and_returned_errors(client);
    results(client);
    texts(client);
    options(sandbox);
    moved_from(sandbox);
    with_the_c_abi(sandbox);
    return check::finish("errors");
}
