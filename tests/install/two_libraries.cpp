// Two Rust libraries, linked statically into one C++ program: each keeps its own std, and neither
// is in the way of the program's exceptions.
#include <aura_users.h>

#include <stdexcept>
#include <string>

extern "C" bool other_caught();

int main()
{
    std::string caught;
    try {
        throw std::runtime_error(aura_version());
    } catch (const std::exception &error) {
        caught = error.what();
    }
    aura_error *error = nullptr;
    aura_client *client = nullptr;
    bool good = other_caught() && caught == AURA_USERS_VERSION &&
                aura_client_new(nullptr, &client, &error) == AURA_OK;
    aura_client_free(client);
    return good ? 0 : 1;
}
