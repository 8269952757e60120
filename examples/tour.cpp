/*
 * A tour of the five functions, in C++. tour.c is the same in C, tour.py in Python.
 *
 *     c++ -std=c++17 tour.cpp -laura_users -o tour
 *     TOUR_PASSWORD=... ./tour REPO_URL USERNAME EMAIL
 *
 * It creates an account that stays. Use your own server, such as aura-sandbox.
 */
#include <aura_users.hpp>

#include <algorithm>
#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

static void make_account(const aura::Client &client, const std::string &username,
                         const std::string &password, const std::string &email)
{
    std::cout << "create_user: " << client.create_user(username, password, {email}) << '\n';
    std::cout << "get_user: " << client.get_user(username) << '\n';

    // The name is taken now. The server refuses a second account, and names the field.
    try {
        client.create_user(username, password, {email});
    } catch (const aura::Error &error) {
        if (error.kind() != AURA_VALIDATION)
            throw;
        std::cout << "create_user again: " << error.what() << '\n';
    }
}

// Reads a line. The user creates a key on the server's web site and pastes it.
static std::string ask_for_key(const std::string &email)
{
    std::cout << "Follow the link in the mail to " << email
              << ", make an API key, and paste it here: " << std::flush;
    std::string key;
    std::getline(std::cin, key);
    std::cout << '\n';
    return key;
}

// The try_ form returns an expected error, and does not throw it.
static void reset_password(const aura::Client &client, const std::string &username)
{
    aura::Result<void> reset = client.try_reset_user_password(username);
    switch (reset.error().kind()) {
    case AURA_OK:
        std::cout << "reset_user_password: a mail is on its way\n";
        break;
    case AURA_UNSUPPORTED:
        std::cout << "reset_user_password: " << reset.error().what() << '\n';
        break;
    default:
        throw reset.error();
    }
}

// Returns the closing quote of the string that starts with this quote.
static std::size_t string_end(std::string_view json, std::size_t quote)
{
    while (json[++quote] != '"')
        quote += json[quote] == '\\';
    return quote;
}

// Returns the text of a member of a JSON object, unchanged, or "?". The order of members is not
// fixed. The library returns valid JSON, so this finds no errors. Use aura_users/nlohmann.hpp if you
// need more.
static std::string text_member(std::string_view object, std::string_view name)
{
    int depth = 0;
    for (std::size_t at = 0; at < object.size(); at++) {
        depth += object[at] == '{' || object[at] == '[';
        depth -= object[at] == '}' || object[at] == ']';
        if (object[at] != '"')
            continue;
        const std::string_view string = object.substr(at + 1, string_end(object, at) - at - 1);
        at += string.size() + 1;
        const std::size_t colon = object.find_first_not_of(" \t\r\n", at + 1);
        if (depth == 1 && string == name && object[colon] == ':') {
            const std::size_t value = object.find_first_not_of(" \t\r\n", colon + 1);
            if (object[value] != '"')
                break;
            return std::string(object.substr(value + 1, string_end(object, value) - value - 1));
        }
    }
    return "?";
}

static void read_audit_log(const aura::Client &client)
{
    std::map<std::string, int> counts;
    int rows = 0;
    for (auto &row : client.stream_audit_logs()) {
        counts[text_member(row, "action")]++;
        rows++;
    }

    std::cout << "stream_audit_logs: " << rows << " rows\n";
    std::vector<std::pair<std::string, int>> actions(counts.begin(), counts.end());
    std::stable_sort(actions.begin(), actions.end(),
                     [](const auto &a, const auto &b) { return a.second > b.second; });
    for (const auto &[action, count] : actions)
        std::cout << std::setw(6) << count << ' ' << action << '\n';
}

int main(int argc, char **argv)
try {
    const char *password = std::getenv("TOUR_PASSWORD");
    if (argc != 4 || !password) {
        std::cerr << "usage: TOUR_PASSWORD=... tour REPO_URL USERNAME EMAIL\n";
        return EXIT_FAILURE;
    }
    const std::string repo_url = argv[1], username = argv[2], email = argv[3];
    make_account(aura::Client{{"repo_url", repo_url}}, username, password, email);

    // The other functions need the account's key.
    aura::Client client{{"repo_url", repo_url}, {"api_key", ask_for_key(email)}};
    std::cout << "get_current_user: " << client.get_current_user() << '\n';
    reset_password(client, username);
    read_audit_log(client);
    return EXIT_SUCCESS;
} catch (const aura::Error &error) {
    std::cerr << "tour: " << error.what() << '\n';
    return EXIT_FAILURE;
}
