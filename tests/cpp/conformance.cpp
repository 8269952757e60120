/*
 * conformance.cpp - every recorded exchange, through every form of the functions.
 *
 *     conformance path/to/aura-replay
 *
 * See tests/conformance/README.md.
 */
#include "check.hpp"
#include "server.hpp"

namespace {

/* The outcome of a call, in any of its forms. */
struct Outcome {
    const char *form;
    aura::Error error;
    std::string text; /* the user's JSON, or the rows separated by commas */
};

template <class T> Outcome outcome_of(const char *form, const aura::Result<T> &result)
{
    if constexpr (!std::is_void_v<T>)
        if (result)
            return {form, {}, *result};
    return {form, result.error(), ""};
}

template <class Function> Outcome outcome_of_plain(const char *form, Function function)
{
    try {
        if constexpr (!std::is_void_v<decltype(function())>)
            return {form, {}, function()};
        else
            function();
    } catch (const aura::Error &error) {
        return {form, error, ""};
    }
    return {form, {}, ""};
}

/* A function in its three forms. */
#define FORMS_OF(function, ...)                                                          \
    {                                                                                    \
        outcome_of_plain("plain", [&] { return client.function(__VA_ARGS__); }),         \
            outcome_of("try", client.try_##function(__VA_ARGS__)),                       \
            outcome_of("start", client.start_##function(__VA_ARGS__).try_get())          \
    }

std::string unwrapped(const std::string &page) { return page.substr(1, page.size() - 2); }

void append(std::string &rows, const std::string &more)
{
    rows += rows.empty() ? more : "," + more;
}

/* Calls `ask` until the end. It returns a row, or a page if `pages`. */
template <class Ask> Outcome read_by(const char *form, bool pages, Ask ask)
{
    std::string rows;
    aura::Result<std::optional<std::string>> item = ask();
    for (; item && *item; item = ask())
        append(rows, pages ? unwrapped(**item) : **item);
    if (item)
        CHECK(ask() && !*ask()); /* after the end it stays at the end */
    return {form, item.error(), item ? rows : ""};
}

std::vector<Outcome> read_stream(const aura::Client &client, const aura::Options &options)
{
    auto range = [&] {
        std::string rows;
        for (auto &log : client.stream_audit_logs(options))
            append(rows, log);
        return rows;
    };
    auto pages = [&] {
        std::string rows;
        for (auto &page : client.stream_audit_logs(options).pages())
            append(rows, unwrapped(page));
        return rows;
    };
    auto by_row = client.stream_audit_logs(options), by_page = client.stream_audit_logs(options);
    auto by_call = client.stream_audit_logs(options);
    return {
        outcome_of_plain("range of rows", range),
        outcome_of_plain("range of pages", pages),
        read_by("rows", false, [&] { return by_row.try_next(); }),
        read_by("pages", true, [&] { return by_page.try_next_page(); }),
        read_by("rows by calls", false, [&] { return by_call.start_next().try_get(); }),
    };
}

std::vector<Outcome> run(const json &example, const aura::Client &client,
                         const aura::Options &options)
{
    std::string operation = example["operation"];
    const json &args = example["args"];
    auto arg = [&args](const char *name) { return args[name].get<std::string>(); };

    if (operation == "stream_audit_logs")
        return read_stream(client, options);
    if (operation == "get_current_user")
        return FORMS_OF(get_current_user, options);
    if (operation == "get_user")
        return FORMS_OF(get_user, arg("username_or_email"), options);
    if (operation == "reset_user_password")
        return FORMS_OF(reset_user_password, arg("username_or_email"), options);
    CHECK_EQ(operation, "create_user");
    std::vector<std::string> emails = args["emails"];
    return FORMS_OF(create_user, arg("username"), arg("password"), emails, options);
}

void check_error(const aura::Error &error, const json &expected)
{
    json members = json::parse(error.json());
    CHECK_EQ(aura_status_name(error.kind()), expected["kind"]);
    CHECK_EQ(json(error.http_status().value_or(0)),
             expected["status"].is_null() ? json(0) : expected["status"]);
    CHECK(*error.what() != '\0');
    for (const char *member : {"kind", "status", "errors", "request_id"})
        CHECK_EQ(members[member], expected[member]);
    if (expected["message"].is_null())
        CHECK(!members["message"].get<std::string>().empty());
    else
        CHECK_EQ(members["message"], expected["message"]);
}

void check_outcome(const Outcome &outcome, const json &expected)
{
    if (expected.contains("error"))
        return check_error(outcome.error, expected["error"]);
    CHECK_EQ(outcome.error.what(), std::string());
    std::string rows;
    for (const json &row : expected.value("ok_rows", json::array()))
        append(rows, row);
    CHECK_EQ(outcome.text, expected.value("ok", rows));
}

aura::Options options_of(const json &example, const std::string &server)
{
    aura::Options options;
    options.set("repo_url", server + example["prefix"].get<std::string>());
    for (const auto &[name, value] : example["options"].items())
        options.set(name, value.is_string() ? value.get<std::string>() : value.dump());
    return options;
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 2)
        check::give_up("usage: conformance AURA_REPLAY");
    bound_alarm(300);
    Server server({argv[1], "serve"});
    aura::Client client{{"env", false}, {"max_retries", 0}, {"rate_limit", "error"},
                        {"timeout", bound_seconds(60)}};

    FILE *cases = ::popen(("'" + std::string(argv[1]) + "' cases").c_str(), "r");
    std::istringstream lines(read_all(::fileno(cases)));
    CHECK_EQ(::pclose(cases), 0);
    long count = 0, refused = 0;
    for (std::string line; std::getline(lines, line); count++) {
        json example = json::parse(line);
        check::subject = example["id"];
        bool nul = (example["args"].dump() + example["options"].dump()).find("\\u0000") !=
                   std::string::npos;
        refused += nul;
        aura::Options options = options_of(example, server.ready["url"]);
        for (const Outcome &outcome : run(example, client, options)) {
            check::subject = example["id"].get<std::string>() + ", " + outcome.form;
            /* The C ABI cannot pass on a NUL, and must not pass on only the text before it. */
            if (nul)
                CHECK_EQ(outcome.error.kind(), AURA_INVALID_ARGUMENT);
            else
                check_outcome(outcome, example["expect"]);
        }
    }
    check::subject.clear();
    CHECK(count > 0);
    std::printf("%ld of %ld recorded cases ran, %ld hold a NUL and are refused\n", count - refused,
                count, refused);
    return check::finish("conformance");
}
