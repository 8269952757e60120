/*
 * core.c - the C ABI of aura_users for Lua 5.4 and LuaJIT. It loads the library at run time. Its functions return
 * handles and JSON, and aura_users/init.lua makes Lua's values from them.
 *
 * A function that can fail returns a status ("ok", "end", "pending" or "error") and then its JSON or its handle.
 */
#include <dlfcn.h>
#include <lauxlib.h>
#include <lua.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <aura_users.h>

#if LUA_VERSION_NUM < 502
#define lua_rawlen lua_objlen
#endif

/* SLICE_MS is how often a wait looks for Ctrl-C. */
enum { SLICE_MS = 50, TOKENS = 64 };

#define FUNCTIONS(F) \
    F(aura_version) F(aura_error_json) F(aura_error_free) F(aura_string_free) \
    F(aura_options_new) F(aura_options_set) F(aura_options_free) \
    F(aura_client_new) F(aura_client_free) F(aura_client_rate_limit) \
    F(aura_get_current_user) F(aura_get_user) F(aura_options_set_interrupt) \
    F(aura_create_user_start) F(aura_get_current_user_start) F(aura_get_user_start) \
    F(aura_reset_user_password_start) \
    F(aura_stream_audit_logs) F(aura_audit_logs_next_at_hand) F(aura_audit_logs_next_start) \
    F(aura_audit_logs_page) F(aura_audit_logs_free) \
    F(aura_call_wait) F(aura_call_poll) F(aura_call_cancel) F(aura_call_expire) F(aura_call_complete) F(aura_call_free) \
    F(aura_completions_new) F(aura_completions_wait) F(aura_completions_free) \
    F(aura_log_keep) F(aura_log_take)

#define MEMBER(name) __typeof__(&name) name;
static struct { FUNCTIONS(MEMBER) } c;

/* A handle that Lua owns: freed by close() or when it is collected. */
typedef struct {
    void *pointer;
    uint64_t page; /* of a stream: the page of the rows in its list */
    pid_t process; /* of a queue: the process whose calls complete into it */
} handle;

#define CLIENT "aura_users.client"
#define STREAM "aura_users.stream"
#define CALL "aura_users.call"
#define QUEUE "aura_users.queue"

static handle *get_handle(lua_State *L, int index, const char *type)
{
    handle *owned = luaL_checkudata(L, index, type);
    if (!owned->pointer)
        luaL_error(L, "the %s is closed", strrchr(type, '.') + 1);
    return owned;
}

static void *get(lua_State *L, int index, const char *type)
{
    return get_handle(L, index, type)->pointer;
}

static handle *new_handle(lua_State *L, const char *type)
{
    handle *owned = lua_newuserdata(L, sizeof *owned);
    owned->pointer = NULL;
    luaL_setmetatable(L, type);
    return owned;
}

static int push_error(lua_State *L, aura_error *error)
{
    const char *json = c.aura_error_json(error);
    lua_pushliteral(L, "error");
    lua_pushstring(L, json ? json : "{}");
    c.aura_error_free(error);
    return 2;
}

/* Pushes the status and the JSON or the error of a function, and frees them. */
static int push_result(lua_State *L, aura_status status, char *json, aura_error *error)
{
    switch (status) {
    case AURA_OK:
        lua_pushliteral(L, "ok");
        lua_pushstring(L, json);
        c.aura_string_free(json);
        return 2;
    case AURA_END:
        lua_pushliteral(L, "end");
        return 1;
    case AURA_PENDING:
        lua_pushliteral(L, "pending");
        return 1;
    default:
        return push_error(L, error);
    }
}

/* Returns the options of the table at `index`, whose names and values are texts, or NULL with an error. */
static aura_options *new_options(lua_State *L, int index, aura_error **error)
{
    aura_options *options = c.aura_options_new();
    aura_status status = AURA_OK;
    lua_pushnil(L);
    while (status == AURA_OK && lua_next(L, index)) {
        status = c.aura_options_set(options, lua_tostring(L, -2), lua_tostring(L, -1), error);
        lua_pop(L, 1);
    }
    if (status == AURA_OK)
        return options;
    lua_pop(L, 1);
    c.aura_options_free(options);
    return NULL;
}

static const char *skip_space(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n'))
        at++;
    return at;
}

/* Returns the end of the string whose first quote is at `at`: after its last quote, or NULL. */
static const char *skip_string(const char *at, const char *end)
{
    for (at++; at < end; at++) {
        if (*at == '\\')
            at++;
        else if (*at == '"')
            return at + 1;
    }
    return NULL;
}

/* Returns the end of the value that begins at `at`, or NULL. */
static const char *skip_value(const char *at, const char *end)
{
    int depth = 0;
    while (at && at < end) {
        switch (*at) {
        case '"':
            at = skip_string(at, end);
            if (!depth)
                return at;
            continue;
        case '{':
        case '[':
            depth++;
            break;
        case '}':
        case ']':
            if (!depth)
                return at;
            if (--depth == 0)
                return at + 1;
            break;
        case ',':
            if (!depth)
                return at;
            break;
        }
        at++;
    }
    return NULL;
}

/* text_of(json, name): the member of a JSON object if it is a string without escapes. Otherwise nothing, and the caller
 * decodes the JSON. Most programs read one such member of a record: this takes a tenth of the time of decoding all. */
static int text_of(lua_State *L)
{
    size_t length, name_length;
    const char *at = luaL_checklstring(L, 1, &length), *end = at + length;
    const char *name = luaL_checklstring(L, 2, &name_length), *found = NULL, *found_end = NULL;
    at = skip_space(at, end);
    if (at == end || *at != '{')
        return 0;
    do {
        const char *key = skip_space(at + 1, end);
        const char *key_end = key < end && *key == '"' ? skip_string(key, end) : NULL;
        if (!key_end || memchr(key, '\\', key_end - key))
            return 0;
        at = skip_space(key_end, end);
        if (at == end || *at != ':')
            return 0;
        const char *value = skip_space(at + 1, end);
        at = skip_value(value, end);
        if (!at)
            return 0;
        /* Of two members with the same name the last counts, as in a decoder. */
        if ((size_t)(key_end - key) == name_length + 2 && memcmp(key + 1, name, name_length) == 0)
            found = value, found_end = at;
        at = skip_space(at, end);
    } while (at < end && *at == ',');
    if (!found || *found != '"' || memchr(found, '\\', found_end - found))
        return 0;
    lua_pushlstring(L, found + 1, found_end - found - 2);
    return 1;
}

static int client_new(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    aura_error *error = NULL;
    aura_client *client = NULL;
    handle *owned = new_handle(L, CLIENT);
    aura_options *options = new_options(L, 1, &error);
    if (options)
        c.aura_client_new(options, &client, &error);
    c.aura_options_free(options);
    if (error)
        return push_error(L, error);
    owned->pointer = client;
    lua_pushliteral(L, "ok");
    lua_insert(L, -2);
    return 2;
}

static int client_start(lua_State *L)
{
    static const char *const names[] = {"get_user", "reset_user_password", "get_current_user", "create_user", NULL};
    const aura_client *client = get(L, 1, CLIENT);
    int which = luaL_checkoption(L, 2, NULL, names);
    luaL_checktype(L, 3, LUA_TTABLE);
    const char *texts[3];
    for (int i = 0; i < 3; i++)
        texts[i] = luaL_optstring(L, 4 + i, NULL);
    size_t emails = texts[2] ? 1 : 0;
    handle *owned = new_handle(L, CALL);
    aura_error *error = NULL;
    aura_call *call = NULL;
    aura_options *options = new_options(L, 3, &error);
    if (options && which == 0)
        c.aura_get_user_start(client, texts[0], options, &call, &error);
    else if (options && which == 1)
        c.aura_reset_user_password_start(client, texts[0], options, &call, &error);
    else if (options && which == 2)
        c.aura_get_current_user_start(client, options, &call, &error);
    else if (options)
        c.aura_create_user_start(client, texts[0], texts[1], texts + 2, emails, options, &call, &error);
    c.aura_options_free(options);
    if (error)
        return push_error(L, error);
    owned->pointer = call;
    lua_pushliteral(L, "ok");
    lua_insert(L, -2);
    return 2;
}

/* For Ctrl-C, lua and luajit set a hook, which raises an error. LuaJIT has one hook; Lua 5.4 has one for each coroutine,
 * and sets only that of the main one. */
typedef struct {
    lua_State *main;
    lua_Hook hook;
} interrupt;

/* Call it before a wait. */
static interrupt watch_interrupt(lua_State *L)
{
    interrupt watched = {L, NULL};
#ifdef LUA_RIDX_MAINTHREAD
    lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
    watched.main = lua_tothread(L, -1);
    lua_pop(L, 1);
#endif
    watched.hook = lua_gethook(watched.main);
    return watched;
}

static int32_t is_interrupted(void *data)
{
    interrupt *watched = data;
    return lua_gethook(watched->main) != watched->hook;
}

/* Call it after a wait: after Ctrl-C the hook raises its error in this coroutine too. */
static void pass_interrupt(lua_State *L, interrupt *watched)
{
    lua_State *main = watched->main;
    if (L != main && is_interrupted(watched))
        lua_sethook(L, lua_gethook(main), lua_gethookmask(main), lua_gethookcount(main));
}

/* get_user(name, options), or get_current_user without a name, by the functions that block: they take half the CPU of
 * a started call. If Ctrl-C ends one, its error is "cancelled", and then the hook raises its own. */
static int client_read(lua_State *L)
{
    const aura_client *client = get(L, 1, CLIENT);
    const char *name = luaL_optstring(L, 2, NULL);
    luaL_checktype(L, 3, LUA_TTABLE);
    interrupt watched = watch_interrupt(L);
    char *json = NULL;
    aura_error *error = NULL;
    aura_status status = AURA_INVALID_ARGUMENT;
    aura_options *options = new_options(L, 3, &error);
    if (options)
        c.aura_options_set_interrupt(options, is_interrupted, &watched, NULL);
    if (options && name)
        status = c.aura_get_user(client, name, options, &json, &error);
    else if (options)
        status = c.aura_get_current_user(client, options, &json, &error);
    c.aura_options_free(options);
    pass_interrupt(L, &watched);
    return push_result(L, status, json, error);
}

static int client_stream(lua_State *L)
{
    const aura_client *client = get(L, 1, CLIENT);
    luaL_checktype(L, 2, LUA_TTABLE);
    handle *owned = new_handle(L, STREAM);
    aura_error *error = NULL;
    aura_audit_logs *logs = NULL;
    aura_options *options = new_options(L, 2, &error);
    if (options)
        c.aura_stream_audit_logs(client, options, &logs, &error);
    c.aura_options_free(options);
    if (error)
        return push_error(L, error);
    owned->pointer = logs;
    lua_pushliteral(L, "ok");
    lua_insert(L, -2);
    return 2;
}

static int client_rate_limit(lua_State *L)
{
    char *json = NULL;
    aura_error *error = NULL;
    aura_status status = c.aura_client_rate_limit(get(L, 1, CLIENT), NULL, &json, &error);
    return push_result(L, status, json, error);
}

/* A stream has a list of Lua, `rows`, for the rows that arrived and were not returned yet, all of one page. Its field
 * `call` is the call for the next row. Ctrl-C may end any code of Lua, but no function of C. So each function here
 * changes the stream and the list together, and no row gets lost between them. */

static void add_row(lua_State *L, int rows, char *json)
{
    lua_pushstring(L, json);
    c.aura_string_free(json);
    lua_rawseti(L, rows, (int)lua_rawlen(L, rows) + 1);
}

static int push_status(lua_State *L, aura_status status, aura_error *error)
{
    if (status == AURA_OK) {
        lua_pushliteral(L, "ok");
        return 1;
    }
    return push_result(L, status, NULL, error);
}

/* stream:at_hand(rows): adds the row at hand to the list. "pending" if there is none, or if it is of another page. */
static int stream_at_hand(lua_State *L)
{
    handle *stream = get_handle(L, 1, STREAM);
    luaL_checktype(L, 2, LUA_TTABLE);
    uint64_t page = c.aura_audit_logs_page(stream->pointer);
    if (lua_rawlen(L, 2) == 0)
        stream->page = page;
    char *json = NULL;
    aura_error *error = NULL;
    aura_status status = AURA_PENDING;
    if (stream->page == page)
        status = c.aura_audit_logs_next_at_hand(stream->pointer, &json, &error);
    if (status == AURA_OK)
        add_row(L, 2, json);
    return push_status(L, status, error);
}

/* stream:start(rows): starts a call for the next row, and sets rows.call to it. */
static int stream_start(lua_State *L)
{
    handle *stream = get_handle(L, 1, STREAM);
    luaL_checktype(L, 2, LUA_TTABLE);
    handle *owned = new_handle(L, CALL);
    aura_error *error = NULL;
    aura_call *call = NULL;
    stream->page = c.aura_audit_logs_page(stream->pointer);
    c.aura_audit_logs_next_start(stream->pointer, &call, &error);
    if (error)
        return push_error(L, error);
    owned->pointer = call;
    lua_setfield(L, 2, "call");
    lua_pushliteral(L, "ok");
    return 1;
}

/* Waits until the call ends, for at most `left` milliseconds, or until Ctrl-C. */
static aura_status wait_for_call(lua_State *L, aura_call *call, int64_t left, char **json, aura_error **error)
{
    interrupt watched = watch_interrupt(L);
    aura_status status;
    do {
        int64_t slice = left < SLICE_MS ? left : SLICE_MS;
        status = c.aura_call_wait(call, slice, json, error);
        left -= slice;
    } while (status == AURA_PENDING && left > 0 && !is_interrupted(&watched));
    pass_interrupt(L, &watched);
    return status;
}

/* take(rows): waits for rows.call, and moves its row into the list. "pending" after Ctrl-C. */
static int take(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_getfield(L, 1, "call");
    handle *owned = get_handle(L, 2, CALL);
    char *json = NULL;
    aura_error *error = NULL;
    aura_status status = wait_for_call(L, owned->pointer, INT32_MAX, &json, &error);
    if (status != AURA_PENDING) {
        c.aura_call_free(owned->pointer);
        owned->pointer = NULL;
        lua_pushnil(L);
        lua_setfield(L, 1, "call");
    }
    if (status == AURA_OK)
        add_row(L, 1, json);
    return push_status(L, status, error);
}

/* hand_over(rows, count, value): removes the first rows from the list, and returns the value that was made of them. */
static int hand_over(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    int count = (int)luaL_checkinteger(L, 2), all = (int)lua_rawlen(L, 1);
    for (int i = 1; i <= all; i++) {
        lua_rawgeti(L, 1, i + count);
        lua_rawseti(L, 1, i);
    }
    return 1;
}

/* stream:page(rows): the page of the first row in the list, or of the next row. */
static int stream_page(lua_State *L)
{
    handle *stream = get_handle(L, 1, STREAM);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_getfield(L, 2, "call");
    int is_first = lua_rawlen(L, 2) == 0 && lua_isnil(L, -1);
    lua_pushinteger(L, (lua_Integer)(is_first ? c.aura_audit_logs_page(stream->pointer) : stream->page));
    return 1;
}

/* Waits so many milliseconds, or without a number until the call ends. Ctrl-C ends the wait. */
static int call_wait(lua_State *L)
{
    aura_call *call = get(L, 1, CALL);
    char *json = NULL;
    aura_error *error = NULL;
    aura_status status = wait_for_call(L, call, (int64_t)luaL_optnumber(L, 2, INT32_MAX), &json, &error);
    return push_result(L, status, json, error);
}

static int call_has_ended(lua_State *L)
{
    handle *owned = luaL_checkudata(L, 1, CALL);
    lua_pushboolean(L, !owned->pointer || c.aura_call_poll(owned->pointer) != AURA_PENDING);
    return 1;
}

static int call_cancel(lua_State *L)
{
    c.aura_call_cancel(get(L, 1, CALL));
    return 0;
}

static int call_expire(lua_State *L)
{
    c.aura_call_expire(get(L, 1, CALL));
    return 0;
}

static int call_complete(lua_State *L)
{
    c.aura_call_complete(get(L, 1, CALL), get(L, 2, QUEUE), (uint64_t)luaL_checknumber(L, 3), NULL);
    return 0;
}

static int queue_new(lua_State *L)
{
    handle *owned = new_handle(L, QUEUE);
    owned->pointer = c.aura_completions_new();
    owned->process = getpid();
    return 1;
}

/* Returns the tokens of the calls that ended. Waits so many milliseconds for the first. Then returns whether this is the
 * first wait in a forked child: there the calls of the parent have ended, but their tokens do not come. */
static int queue_wait(lua_State *L)
{
    uint64_t tokens[TOKENS];
    handle *queue = get_handle(L, 1, QUEUE);
    int64_t timeout = (int64_t)luaL_checknumber(L, 2);
    interrupt watched = watch_interrupt(L);
    int32_t count = c.aura_completions_wait(queue->pointer, timeout, tokens, TOKENS);
    pass_interrupt(L, &watched);
    lua_createtable(L, count > 0 ? count : 0, 0);
    for (int32_t i = 0; i < count; i++) {
        lua_pushnumber(L, (lua_Number)tokens[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_pushboolean(L, queue->process != getpid());
    queue->process = getpid();
    return 2;
}

static int log_keep(lua_State *L)
{
    c.aura_log_keep((aura_log_level)luaL_checkinteger(L, 1), (size_t)luaL_checkinteger(L, 2));
    return 0;
}

static int log_take(lua_State *L)
{
    char *json = NULL;
    if (c.aura_log_take(&json, NULL) != AURA_OK)
        return 0;
    lua_pushstring(L, json);
    c.aura_string_free(json);
    return 1;
}

#define CLOSE(name, type, function) \
    static int name(lua_State *L) \
    { \
        handle *owned = luaL_checkudata(L, 1, type); \
        void *pointer = owned->pointer; \
        owned->pointer = NULL; \
        if (pointer) \
            c.function(pointer); \
        return 0; \
    }
CLOSE(client_close, CLIENT, aura_client_free)
CLOSE(stream_close, STREAM, aura_audit_logs_free)
CLOSE(call_close, CALL, aura_call_free)
CLOSE(queue_close, QUEUE, aura_completions_free)

/* Loads the library from this path. Returns its version, or nil and a message. */
static int load(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1), *missing = NULL;
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        lua_pushnil(L);
        lua_pushstring(L, dlerror());
        return 2;
    }
#define BIND(name) \
    if (!(*(void **)&c.name = dlsym(library, #name))) \
        missing = #name;
    FUNCTIONS(BIND)
    if (missing) {
        lua_pushnil(L);
        lua_pushfstring(L, "%s has no function %s", path, missing);
        return 2;
    }
    lua_pushstring(L, c.aura_version());
    return 1;
}

static void add_type(lua_State *L, const char *type, const luaL_Reg *methods, lua_CFunction close)
{
    luaL_newmetatable(L, type);
    luaL_setfuncs(L, methods, 0);
    lua_pushcfunction(L, close);
    lua_setfield(L, -2, "close");
    lua_pushcfunction(L, close);
    lua_setfield(L, -2, "__gc");
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
}

int luaopen_aura_users_core(lua_State *L);

int luaopen_aura_users_core(lua_State *L)
{
    static const luaL_Reg client[] = {{"start", client_start}, {"stream", client_stream}, {"read", client_read},
                                      {"rate_limit", client_rate_limit}, {NULL, NULL}};
    static const luaL_Reg stream[] = {{"at_hand", stream_at_hand}, {"start", stream_start},
                                      {"page", stream_page}, {NULL, NULL}};
    static const luaL_Reg call[] = {{"wait", call_wait}, {"cancel", call_cancel}, {"expire", call_expire},
                                    {"complete", call_complete}, {"has_ended", call_has_ended}, {NULL, NULL}};
    static const luaL_Reg queue[] = {{"wait", queue_wait}, {NULL, NULL}};
    static const luaL_Reg functions[] = {{"load", load}, {"client", client_new}, {"queue", queue_new},
                                         {"log_keep", log_keep}, {"log_take", log_take}, {"text_of", text_of},
                                         {"take", take}, {"hand_over", hand_over}, {NULL, NULL}};
    add_type(L, CLIENT, client, client_close);
    add_type(L, STREAM, stream, stream_close);
    add_type(L, CALL, call, call_close);
    add_type(L, QUEUE, queue, queue_close);
    lua_newtable(L);
    luaL_setfuncs(L, functions, 0);
    return 1;
}
