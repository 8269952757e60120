/*
 * A tour of the five functions, in C. tour.cpp is the same in C++, tour.py in Python.
 *
 *     cc -std=c99 tour.c -laura_users -o tour
 *     TOUR_PASSWORD=... ./tour REPO_URL USERNAME EMAIL
 *
 * It creates an account that stays. Use your own server, such as aura-sandbox.
 */
#include <aura_users.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Prints the error and ends the program. */
static void give_up(aura_error *error)
{
    fprintf(stderr, "tour: %s\n", aura_error_message(error));
    aura_error_free(error);
    exit(EXIT_FAILURE);
}

static void set(aura_options *options, const char *name, const char *value)
{
    aura_error *error = NULL;
    if (aura_options_set(options, name, value, &error) != AURA_OK)
        give_up(error);
}

static void make_account(aura_client *client, const char *username, const char *email)
{
    aura_error *error = NULL;
    char *user = NULL;
    const char *password = getenv("TOUR_PASSWORD"), *emails[] = {email};

    if (aura_create_user(client, username, password, emails, 1, NULL, &user, &error) != AURA_OK)
        give_up(error);
    printf("create_user: %s\n", user);
    aura_string_free(user);

    if (aura_get_user(client, username, NULL, &user, &error) != AURA_OK)
        give_up(error);
    printf("get_user: %s\n", user);
    aura_string_free(user);

    /* The name is taken now. The server refuses a second account, and names the field. */
    switch (aura_create_user(client, username, password, emails, 1, NULL, &user, &error)) {
    case AURA_VALIDATION:
        printf("create_user again: %s\n", aura_error_message(error));
        aura_error_free(error);
        break;
    case AURA_OK:
        aura_string_free(user);
        break;
    default:
        give_up(error);
    }
}

/* Reads a line. The user creates a key on the server's web site and pastes it. */
static void ask_for_key(const char *email, char *key, int size)
{
    printf("Follow the link in the mail to %s, make an API key, and paste it here: ", email);
    fflush(stdout);
    if (!fgets(key, size, stdin))
        key[0] = '\0';
    key[strcspn(key, "\r\n")] = '\0';
    putchar('\n');
}

static void reset_password(aura_client *client, const char *username)
{
    aura_error *error = NULL;
    switch (aura_reset_user_password(client, username, NULL, &error)) {
    case AURA_OK:
        puts("reset_user_password: a mail is on its way");
        break;
    case AURA_UNSUPPORTED:
        printf("reset_user_password: %s\n", aura_error_message(error));
        aura_error_free(error);
        break;
    default:
        give_up(error);
    }
}

/* Returns the closing quote of the JSON string that starts with this quote. */
static const char *string_end(const char *quote)
{
    while (*++quote != '"')
        quote += *quote == '\\';
    return quote;
}

/*
 * Returns the value of a member of a JSON object, or NULL. The order of members is not fixed.
 * The library returns valid JSON, so this finds no errors. Use a JSON library if you need more.
 */
static const char *member(const char *object, const char *name)
{
    static const char space[] = " \t\r\n";
    const char *at;
    int depth = 0;

    for (at = object; *at; at++) {
        depth += *at == '{' || *at == '[';
        depth -= *at == '}' || *at == ']';
        if (*at == '"') {
            const char *string = at + 1, *behind;
            at = string_end(at);
            behind = at + 1 + strspn(at + 1, space);
            if (depth == 1 && *behind == ':' && (size_t)(at - string) == strlen(name) &&
                memcmp(string, name, strlen(name)) == 0)
                return behind + 1 + strspn(behind + 1, space);
        }
    }
    return NULL;
}

struct count {
    char action[64];
    int rows;
};

static int by_rows(const void *a, const void *b)
{
    const struct count *left = a, *right = b;
    return left->rows != right->rows ? right->rows - left->rows
                                     : strcmp(left->action, right->action);
}

static void read_audit_log(aura_client *client)
{
    static struct count counts[256]; /* the server knows fewer actions */
    aura_audit_logs *logs = NULL;
    aura_error *error = NULL;
    aura_status status;
    char *row = NULL;
    int rows = 0;
    size_t kinds = 0, i;

    if (aura_stream_audit_logs(client, NULL, &logs, &error) != AURA_OK)
        give_up(error);
    while ((status = aura_audit_logs_next(logs, &row, &error)) == AURA_OK) {
        char action[64] = "?";
        const char *value = member(row, "action");
        if (value && *value == '"') /* unchanged, with its escapes */
            snprintf(action, sizeof action, "%.*s", (int)(string_end(value) - value - 1), value + 1);
        aura_string_free(row);
        rows++;
        for (i = 0; i < kinds && strcmp(counts[i].action, action) != 0; i++)
            continue;
        if (i == kinds && kinds < sizeof counts / sizeof *counts)
            strcpy(counts[kinds++].action, action);
        if (i < kinds)
            counts[i].rows++;
    }
    aura_audit_logs_free(logs);
    if (status != AURA_END) /* an error is not the end of the log */
        give_up(error);

    printf("stream_audit_logs: %d rows\n", rows);
    qsort(counts, kinds, sizeof *counts, by_rows);
    for (i = 0; i < kinds; i++)
        printf("%6d %s\n", counts[i].rows, counts[i].action);
}

int main(int argc, char **argv)
{
    aura_options *options = aura_options_new();
    aura_client *client = NULL;
    aura_error *error = NULL;
    char *user = NULL, key[256];

    if (argc != 4 || !getenv("TOUR_PASSWORD")) {
        fputs("usage: TOUR_PASSWORD=... tour REPO_URL USERNAME EMAIL\n", stderr);
        aura_options_free(options);
        return EXIT_FAILURE;
    }
    set(options, "repo_url", argv[1]);
    if (aura_client_new(options, &client, &error) != AURA_OK)
        give_up(error);
    make_account(client, argv[2], argv[3]);
    aura_client_free(client);

    /* The other functions need the account's key. */
    ask_for_key(argv[3], key, sizeof key);
    set(options, "api_key", key);
    if (aura_client_new(options, &client, &error) != AURA_OK)
        give_up(error);
    aura_options_free(options);

    if (aura_get_current_user(client, NULL, &user, &error) != AURA_OK)
        give_up(error);
    printf("get_current_user: %s\n", user);
    aura_string_free(user);

    reset_password(client, argv[2]);
    read_audit_log(client);
    aura_client_free(client);
    return EXIT_SUCCESS;
}
