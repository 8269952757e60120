/*
 * sandbox.h - an aura-sandbox, and requests to its admin API.
 */
#ifndef SANDBOX_H
#define SANDBOX_H

#include "http.h"
#include "server.h"

struct sandbox {
    struct server server;
    char *api_url;      /* for the option repo_url */
    char bearer[128];   /* for Authorization in the admin API */
};

/* `profile` is "current" or "legacy"; `port` "0" for a free one. */
static inline struct sandbox sandbox_start(const char *program, const char *profile,
                                           const char *port)
{
    char *arguments[] = {(char *)program, (char *)"--profile", (char *)profile,
                         (char *)"--port", (char *)port, NULL};
    struct sandbox sandbox = {0};
    sandbox.server = server_start(arguments);
    sandbox.api_url = json_text(json_member(sandbox.server.ready, "api_url"));
    char *token = json_text(json_member(sandbox.server.ready, "admin_token"));
    if (!sandbox.api_url || !token)
        check_give_up("the sandbox's first line is not understood");
    snprintf(sandbox.bearer, sizeof sandbox.bearer, "Bearer %s", token);
    free(token);
    return sandbox;
}

static inline void sandbox_stop(struct sandbox *sandbox)
{
    server_stop(&sandbox->server);
    free(sandbox->api_url);
    sandbox->api_url = NULL;
}

/* A request to the admin API, which must succeed. Free the result. */
static inline char *sandbox_admin(const struct sandbox *sandbox, const char *method,
                                  const char *path, const char *json)
{
    char url[256], *body = NULL;
    snprintf(url, sizeof url, "%s/_sandbox%s", sandbox->server.url, path);
    int status = http_request(method, url, sandbox->bearer, json, &body);
    if (status < 200 || status > 299)
        check_give_up(body ? body : url);
    return body;
}

/* Adds an account `name` with a key whose secret is `key`, and `rows` rows in its audit log. */
static inline void sandbox_account(const struct sandbox *sandbox, const char *name,
                                   const char *key, int rows)
{
    char json[256];
    snprintf(json, sizeof json,
             "{\"username\":\"%s\",\"emails\":[[\"%s@example.com\",true,true,true]]}", name, name);
    free(sandbox_admin(sandbox, "POST", "/users", json));
    snprintf(json, sizeof json, "{\"username\":\"%s\",\"secret\":\"%s\"}", name, key);
    free(sandbox_admin(sandbox, "POST", "/keys", json));
    snprintf(json, sizeof json, "{\"username\":\"%s\",\"count\":%d}", name, rows);
    free(sandbox_admin(sandbox, "POST", "/audit-logs", json));
}

/* The number in the name of the nth row from sandbox_account(), or 0 if it is another row. */
static inline int sandbox_row_number(const char *row)
{
    int number = 0;
    char *name = json_text(json_member(json_member(row, "params"), "name"));
    if (!name || sscanf(name, "row-%d", &number) != 1)
        number = 0;
    free(name);
    return number;
}

#endif
