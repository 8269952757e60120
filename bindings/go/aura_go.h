// The declarations of include/aura_users.h, without documentation.
//
// Without AURA_STATIC each function calls its pointer in the table that library.c fills.
#ifndef AURA_USERS_GO_H
#define AURA_USERS_GO_H

#include <stddef.h>
#include <stdint.h>

// generated: declarations
typedef enum {
    AURA_OK = 0,
    AURA_END = 1,
    AURA_PENDING = 2,
    AURA_INVALID_ARGUMENT = 10,
    AURA_UNAUTHENTICATED = 20,
    AURA_OTP_REQUIRED = 21,
    AURA_OTP_INVALID = 22,
    AURA_FORBIDDEN = 23,
    AURA_NOT_FOUND = 24,
    AURA_UNSUPPORTED = 25,
    AURA_VALIDATION = 26,
    AURA_RATE_LIMITED = 27,
    AURA_SERVER = 28,
    AURA_UNEXPECTED_STATUS = 29,
    AURA_CONNECT = 40,
    AURA_TLS = 41,
    AURA_TIMEOUT = 42,
    AURA_CANCELLED = 43,
    AURA_DECODE = 60,
    AURA_INTERNAL = 70,
} aura_status;
typedef enum {
    AURA_LOG_DEBUG = 1,
    AURA_LOG_INFO = 2,
    AURA_LOG_WARN = 3,
} aura_log_level;
typedef struct aura_audit_logs aura_audit_logs;
typedef struct aura_call aura_call;
typedef struct aura_cancel_token aura_cancel_token;
typedef struct aura_client aura_client;
typedef struct aura_completions aura_completions;
typedef struct aura_error aura_error;
typedef struct aura_options aura_options;
typedef int32_t (*aura_interrupt)(void *data);
typedef void (*aura_log_callback)(void *user_data, aura_log_level level, const char *message);

#ifdef AURA_STATIC
const char *aura_status_name(aura_status status);
aura_status aura_error_kind(const aura_error *error);
const char *aura_error_message(const aura_error *error);
int32_t aura_error_http_status(const aura_error *error);
int64_t aura_error_retry_after_ms(const aura_error *error);
const char *aura_error_server_message(const aura_error *error);
const char *aura_error_hint(const aura_error *error);
const char *aura_error_reason(const aura_error *error);
const char *aura_error_request_id(const aura_error *error);
const char *aura_error_method(const aura_error *error);
const char *aura_error_route(const aura_error *error);
const char *aura_error_field_errors_json(const aura_error *error);
int32_t aura_error_attempts(const aura_error *error);
int32_t aura_error_outcome_unknown(const aura_error *error);
int32_t aura_error_retryable(const aura_error *error);
const char *aura_error_json(const aura_error *error);
void aura_error_free(aura_error *error);
void aura_string_free(char *string);
const char *aura_version(void);
aura_options *aura_options_new(void);
aura_status aura_options_set(aura_options *options, const char *name, const char *value, aura_error **error);
aura_status aura_options_set_environment(aura_options *options, const char *const *environment, size_t environment_len, aura_error **error);
aura_status aura_options_set_interrupt(aura_options *options, aura_interrupt ask, void *data, aura_error **error);
void aura_options_free(aura_options *options);
aura_cancel_token *aura_cancel_token_new(void);
void aura_cancel_token_cancel(aura_cancel_token *token);
void aura_cancel_token_expire(aura_cancel_token *token);
void aura_cancel_token_free(aura_cancel_token *token);
aura_status aura_options_set_cancel_token(aura_options *options, const aura_cancel_token *token, aura_error **error);
aura_status aura_client_new(const aura_options *options, aura_client **client, aura_error **error);
void aura_client_free(aura_client *client);
aura_status aura_create_user(const aura_client *client, const char *username, const char *password, const char *const *emails, size_t emails_len, const aura_options *options, char **user_json, aura_error **error);
aura_status aura_create_user_start(const aura_client *client, const char *username, const char *password, const char *const *emails, size_t emails_len, const aura_options *options, aura_call **call, aura_error **error);
aura_status aura_get_current_user(const aura_client *client, const aura_options *options, char **user_json, aura_error **error);
aura_status aura_get_current_user_start(const aura_client *client, const aura_options *options, aura_call **call, aura_error **error);
aura_status aura_get_user(const aura_client *client, const char *username_or_email, const aura_options *options, char **user_json, aura_error **error);
aura_status aura_get_user_start(const aura_client *client, const char *username_or_email, const aura_options *options, aura_call **call, aura_error **error);
aura_status aura_reset_user_password(const aura_client *client, const char *username_or_email, const aura_options *options, aura_error **error);
aura_status aura_reset_user_password_start(const aura_client *client, const char *username_or_email, const aura_options *options, aura_call **call, aura_error **error);
aura_status aura_stream_audit_logs(const aura_client *client, const aura_options *options, aura_audit_logs **logs, aura_error **error);
aura_status aura_client_rate_limit(const aura_client *client, const aura_options *options, char **rate_limit_json, aura_error **error);
aura_status aura_audit_logs_next(aura_audit_logs *logs, char **audit_log_json, aura_error **error);
aura_status aura_audit_logs_next_at_hand(aura_audit_logs *logs, char **audit_log_json, aura_error **error);
aura_status aura_audit_logs_next_fields(aura_audit_logs *logs, const char **action, const char **user_agent, const char **params_json, const char **audit_log_json, aura_error **error);
aura_status aura_audit_logs_next_page(aura_audit_logs *logs, char **audit_logs_json, aura_error **error);
aura_status aura_audit_logs_next_rows(aura_audit_logs *logs, char **rows, aura_error **error);
aura_status aura_audit_logs_next_page_at_hand(aura_audit_logs *logs, char **audit_logs_json, aura_error **error);
aura_status aura_audit_logs_next_start(aura_audit_logs *logs, aura_call **call, aura_error **error);
aura_status aura_audit_logs_next_page_start(aura_audit_logs *logs, aura_call **call, aura_error **error);
aura_status aura_audit_logs_next_rows_start(aura_audit_logs *logs, aura_call **call, aura_error **error);
uint64_t aura_audit_logs_page(const aura_audit_logs *logs);
void aura_audit_logs_free(aura_audit_logs *logs);
aura_status aura_call_wait(aura_call *call, int64_t timeout_ms, char **json, aura_error **error);
aura_status aura_call_poll(const aura_call *call);
int32_t aura_call_fd(aura_call *call);
void aura_call_cancel(aura_call *call);
void aura_call_expire(aura_call *call);
void aura_call_free(aura_call *call);
aura_completions *aura_completions_new(void);
aura_status aura_call_complete(aura_call *call, aura_completions *queue, uint64_t token, aura_error **error);
int32_t aura_completions_wait(aura_completions *queue, int64_t timeout_ms, uint64_t *tokens, size_t capacity);
void aura_completions_wake(aura_completions *queue);
int32_t aura_completions_fd(aura_completions *queue);
void aura_completions_free(aura_completions *queue);
aura_status aura_json_get(const char *json, const char *pointer, char **value, aura_error **error);
void aura_log_set(aura_log_callback callback, void *user_data, aura_log_level lowest);
void aura_log_keep(aura_log_level lowest, size_t most);
aura_status aura_log_take(char **json, aura_error **error);
#else
struct aura_functions {
    const char *(*aura_status_name)(aura_status status);
    aura_status (*aura_error_kind)(const aura_error *error);
    const char *(*aura_error_message)(const aura_error *error);
    int32_t (*aura_error_http_status)(const aura_error *error);
    int64_t (*aura_error_retry_after_ms)(const aura_error *error);
    const char *(*aura_error_server_message)(const aura_error *error);
    const char *(*aura_error_hint)(const aura_error *error);
    const char *(*aura_error_reason)(const aura_error *error);
    const char *(*aura_error_request_id)(const aura_error *error);
    const char *(*aura_error_method)(const aura_error *error);
    const char *(*aura_error_route)(const aura_error *error);
    const char *(*aura_error_field_errors_json)(const aura_error *error);
    int32_t (*aura_error_attempts)(const aura_error *error);
    int32_t (*aura_error_outcome_unknown)(const aura_error *error);
    int32_t (*aura_error_retryable)(const aura_error *error);
    const char *(*aura_error_json)(const aura_error *error);
    void (*aura_error_free)(aura_error *error);
    void (*aura_string_free)(char *string);
    const char *(*aura_version)(void);
    aura_options *(*aura_options_new)(void);
    aura_status (*aura_options_set)(aura_options *options, const char *name, const char *value, aura_error **error);
    aura_status (*aura_options_set_environment)(aura_options *options, const char *const *environment, size_t environment_len, aura_error **error);
    aura_status (*aura_options_set_interrupt)(aura_options *options, aura_interrupt ask, void *data, aura_error **error);
    void (*aura_options_free)(aura_options *options);
    aura_cancel_token *(*aura_cancel_token_new)(void);
    void (*aura_cancel_token_cancel)(aura_cancel_token *token);
    void (*aura_cancel_token_expire)(aura_cancel_token *token);
    void (*aura_cancel_token_free)(aura_cancel_token *token);
    aura_status (*aura_options_set_cancel_token)(aura_options *options, const aura_cancel_token *token, aura_error **error);
    aura_status (*aura_client_new)(const aura_options *options, aura_client **client, aura_error **error);
    void (*aura_client_free)(aura_client *client);
    aura_status (*aura_create_user)(const aura_client *client, const char *username, const char *password, const char *const *emails, size_t emails_len, const aura_options *options, char **user_json, aura_error **error);
    aura_status (*aura_create_user_start)(const aura_client *client, const char *username, const char *password, const char *const *emails, size_t emails_len, const aura_options *options, aura_call **call, aura_error **error);
    aura_status (*aura_get_current_user)(const aura_client *client, const aura_options *options, char **user_json, aura_error **error);
    aura_status (*aura_get_current_user_start)(const aura_client *client, const aura_options *options, aura_call **call, aura_error **error);
    aura_status (*aura_get_user)(const aura_client *client, const char *username_or_email, const aura_options *options, char **user_json, aura_error **error);
    aura_status (*aura_get_user_start)(const aura_client *client, const char *username_or_email, const aura_options *options, aura_call **call, aura_error **error);
    aura_status (*aura_reset_user_password)(const aura_client *client, const char *username_or_email, const aura_options *options, aura_error **error);
    aura_status (*aura_reset_user_password_start)(const aura_client *client, const char *username_or_email, const aura_options *options, aura_call **call, aura_error **error);
    aura_status (*aura_stream_audit_logs)(const aura_client *client, const aura_options *options, aura_audit_logs **logs, aura_error **error);
    aura_status (*aura_client_rate_limit)(const aura_client *client, const aura_options *options, char **rate_limit_json, aura_error **error);
    aura_status (*aura_audit_logs_next)(aura_audit_logs *logs, char **audit_log_json, aura_error **error);
    aura_status (*aura_audit_logs_next_at_hand)(aura_audit_logs *logs, char **audit_log_json, aura_error **error);
    aura_status (*aura_audit_logs_next_fields)(aura_audit_logs *logs, const char **action, const char **user_agent, const char **params_json, const char **audit_log_json, aura_error **error);
    aura_status (*aura_audit_logs_next_page)(aura_audit_logs *logs, char **audit_logs_json, aura_error **error);
    aura_status (*aura_audit_logs_next_rows)(aura_audit_logs *logs, char **rows, aura_error **error);
    aura_status (*aura_audit_logs_next_page_at_hand)(aura_audit_logs *logs, char **audit_logs_json, aura_error **error);
    aura_status (*aura_audit_logs_next_start)(aura_audit_logs *logs, aura_call **call, aura_error **error);
    aura_status (*aura_audit_logs_next_page_start)(aura_audit_logs *logs, aura_call **call, aura_error **error);
    aura_status (*aura_audit_logs_next_rows_start)(aura_audit_logs *logs, aura_call **call, aura_error **error);
    uint64_t (*aura_audit_logs_page)(const aura_audit_logs *logs);
    void (*aura_audit_logs_free)(aura_audit_logs *logs);
    aura_status (*aura_call_wait)(aura_call *call, int64_t timeout_ms, char **json, aura_error **error);
    aura_status (*aura_call_poll)(const aura_call *call);
    int32_t (*aura_call_fd)(aura_call *call);
    void (*aura_call_cancel)(aura_call *call);
    void (*aura_call_expire)(aura_call *call);
    void (*aura_call_free)(aura_call *call);
    aura_completions *(*aura_completions_new)(void);
    aura_status (*aura_call_complete)(aura_call *call, aura_completions *queue, uint64_t token, aura_error **error);
    int32_t (*aura_completions_wait)(aura_completions *queue, int64_t timeout_ms, uint64_t *tokens, size_t capacity);
    void (*aura_completions_wake)(aura_completions *queue);
    int32_t (*aura_completions_fd)(aura_completions *queue);
    void (*aura_completions_free)(aura_completions *queue);
    aura_status (*aura_json_get)(const char *json, const char *pointer, char **value, aura_error **error);
    void (*aura_log_set)(aura_log_callback callback, void *user_data, aura_log_level lowest);
    void (*aura_log_keep)(aura_log_level lowest, size_t most);
    aura_status (*aura_log_take)(char **json, aura_error **error);
};
extern struct aura_functions aura_loaded;

static inline const char *aura_status_name(aura_status status) { return aura_loaded.aura_status_name(status); }
static inline aura_status aura_error_kind(const aura_error *error) { return aura_loaded.aura_error_kind(error); }
static inline const char *aura_error_message(const aura_error *error) { return aura_loaded.aura_error_message(error); }
static inline int32_t aura_error_http_status(const aura_error *error) { return aura_loaded.aura_error_http_status(error); }
static inline int64_t aura_error_retry_after_ms(const aura_error *error) { return aura_loaded.aura_error_retry_after_ms(error); }
static inline const char *aura_error_server_message(const aura_error *error) { return aura_loaded.aura_error_server_message(error); }
static inline const char *aura_error_hint(const aura_error *error) { return aura_loaded.aura_error_hint(error); }
static inline const char *aura_error_reason(const aura_error *error) { return aura_loaded.aura_error_reason(error); }
static inline const char *aura_error_request_id(const aura_error *error) { return aura_loaded.aura_error_request_id(error); }
static inline const char *aura_error_method(const aura_error *error) { return aura_loaded.aura_error_method(error); }
static inline const char *aura_error_route(const aura_error *error) { return aura_loaded.aura_error_route(error); }
static inline const char *aura_error_field_errors_json(const aura_error *error) { return aura_loaded.aura_error_field_errors_json(error); }
static inline int32_t aura_error_attempts(const aura_error *error) { return aura_loaded.aura_error_attempts(error); }
static inline int32_t aura_error_outcome_unknown(const aura_error *error) { return aura_loaded.aura_error_outcome_unknown(error); }
static inline int32_t aura_error_retryable(const aura_error *error) { return aura_loaded.aura_error_retryable(error); }
static inline const char *aura_error_json(const aura_error *error) { return aura_loaded.aura_error_json(error); }
static inline void aura_error_free(aura_error *error) { aura_loaded.aura_error_free(error); }
static inline void aura_string_free(char *string) { aura_loaded.aura_string_free(string); }
static inline const char *aura_version(void) { return aura_loaded.aura_version(); }
static inline aura_options *aura_options_new(void) { return aura_loaded.aura_options_new(); }
static inline aura_status aura_options_set(aura_options *options, const char *name, const char *value, aura_error **error) { return aura_loaded.aura_options_set(options, name, value, error); }
static inline aura_status aura_options_set_environment(aura_options *options, const char *const *environment, size_t environment_len, aura_error **error) { return aura_loaded.aura_options_set_environment(options, environment, environment_len, error); }
static inline aura_status aura_options_set_interrupt(aura_options *options, aura_interrupt ask, void *data, aura_error **error) { return aura_loaded.aura_options_set_interrupt(options, ask, data, error); }
static inline void aura_options_free(aura_options *options) { aura_loaded.aura_options_free(options); }
static inline aura_cancel_token *aura_cancel_token_new(void) { return aura_loaded.aura_cancel_token_new(); }
static inline void aura_cancel_token_cancel(aura_cancel_token *token) { aura_loaded.aura_cancel_token_cancel(token); }
static inline void aura_cancel_token_expire(aura_cancel_token *token) { aura_loaded.aura_cancel_token_expire(token); }
static inline void aura_cancel_token_free(aura_cancel_token *token) { aura_loaded.aura_cancel_token_free(token); }
static inline aura_status aura_options_set_cancel_token(aura_options *options, const aura_cancel_token *token, aura_error **error) { return aura_loaded.aura_options_set_cancel_token(options, token, error); }
static inline aura_status aura_client_new(const aura_options *options, aura_client **client, aura_error **error) { return aura_loaded.aura_client_new(options, client, error); }
static inline void aura_client_free(aura_client *client) { aura_loaded.aura_client_free(client); }
static inline aura_status aura_create_user(const aura_client *client, const char *username, const char *password, const char *const *emails, size_t emails_len, const aura_options *options, char **user_json, aura_error **error) { return aura_loaded.aura_create_user(client, username, password, emails, emails_len, options, user_json, error); }
static inline aura_status aura_create_user_start(const aura_client *client, const char *username, const char *password, const char *const *emails, size_t emails_len, const aura_options *options, aura_call **call, aura_error **error) { return aura_loaded.aura_create_user_start(client, username, password, emails, emails_len, options, call, error); }
static inline aura_status aura_get_current_user(const aura_client *client, const aura_options *options, char **user_json, aura_error **error) { return aura_loaded.aura_get_current_user(client, options, user_json, error); }
static inline aura_status aura_get_current_user_start(const aura_client *client, const aura_options *options, aura_call **call, aura_error **error) { return aura_loaded.aura_get_current_user_start(client, options, call, error); }
static inline aura_status aura_get_user(const aura_client *client, const char *username_or_email, const aura_options *options, char **user_json, aura_error **error) { return aura_loaded.aura_get_user(client, username_or_email, options, user_json, error); }
static inline aura_status aura_get_user_start(const aura_client *client, const char *username_or_email, const aura_options *options, aura_call **call, aura_error **error) { return aura_loaded.aura_get_user_start(client, username_or_email, options, call, error); }
static inline aura_status aura_reset_user_password(const aura_client *client, const char *username_or_email, const aura_options *options, aura_error **error) { return aura_loaded.aura_reset_user_password(client, username_or_email, options, error); }
static inline aura_status aura_reset_user_password_start(const aura_client *client, const char *username_or_email, const aura_options *options, aura_call **call, aura_error **error) { return aura_loaded.aura_reset_user_password_start(client, username_or_email, options, call, error); }
static inline aura_status aura_stream_audit_logs(const aura_client *client, const aura_options *options, aura_audit_logs **logs, aura_error **error) { return aura_loaded.aura_stream_audit_logs(client, options, logs, error); }
static inline aura_status aura_client_rate_limit(const aura_client *client, const aura_options *options, char **rate_limit_json, aura_error **error) { return aura_loaded.aura_client_rate_limit(client, options, rate_limit_json, error); }
static inline aura_status aura_audit_logs_next(aura_audit_logs *logs, char **audit_log_json, aura_error **error) { return aura_loaded.aura_audit_logs_next(logs, audit_log_json, error); }
static inline aura_status aura_audit_logs_next_at_hand(aura_audit_logs *logs, char **audit_log_json, aura_error **error) { return aura_loaded.aura_audit_logs_next_at_hand(logs, audit_log_json, error); }
static inline aura_status aura_audit_logs_next_fields(aura_audit_logs *logs, const char **action, const char **user_agent, const char **params_json, const char **audit_log_json, aura_error **error) { return aura_loaded.aura_audit_logs_next_fields(logs, action, user_agent, params_json, audit_log_json, error); }
static inline aura_status aura_audit_logs_next_page(aura_audit_logs *logs, char **audit_logs_json, aura_error **error) { return aura_loaded.aura_audit_logs_next_page(logs, audit_logs_json, error); }
static inline aura_status aura_audit_logs_next_rows(aura_audit_logs *logs, char **rows, aura_error **error) { return aura_loaded.aura_audit_logs_next_rows(logs, rows, error); }
static inline aura_status aura_audit_logs_next_page_at_hand(aura_audit_logs *logs, char **audit_logs_json, aura_error **error) { return aura_loaded.aura_audit_logs_next_page_at_hand(logs, audit_logs_json, error); }
static inline aura_status aura_audit_logs_next_start(aura_audit_logs *logs, aura_call **call, aura_error **error) { return aura_loaded.aura_audit_logs_next_start(logs, call, error); }
static inline aura_status aura_audit_logs_next_page_start(aura_audit_logs *logs, aura_call **call, aura_error **error) { return aura_loaded.aura_audit_logs_next_page_start(logs, call, error); }
static inline aura_status aura_audit_logs_next_rows_start(aura_audit_logs *logs, aura_call **call, aura_error **error) { return aura_loaded.aura_audit_logs_next_rows_start(logs, call, error); }
static inline uint64_t aura_audit_logs_page(const aura_audit_logs *logs) { return aura_loaded.aura_audit_logs_page(logs); }
static inline void aura_audit_logs_free(aura_audit_logs *logs) { aura_loaded.aura_audit_logs_free(logs); }
static inline aura_status aura_call_wait(aura_call *call, int64_t timeout_ms, char **json, aura_error **error) { return aura_loaded.aura_call_wait(call, timeout_ms, json, error); }
static inline aura_status aura_call_poll(const aura_call *call) { return aura_loaded.aura_call_poll(call); }
static inline int32_t aura_call_fd(aura_call *call) { return aura_loaded.aura_call_fd(call); }
static inline void aura_call_cancel(aura_call *call) { aura_loaded.aura_call_cancel(call); }
static inline void aura_call_expire(aura_call *call) { aura_loaded.aura_call_expire(call); }
static inline void aura_call_free(aura_call *call) { aura_loaded.aura_call_free(call); }
static inline aura_completions *aura_completions_new(void) { return aura_loaded.aura_completions_new(); }
static inline aura_status aura_call_complete(aura_call *call, aura_completions *queue, uint64_t token, aura_error **error) { return aura_loaded.aura_call_complete(call, queue, token, error); }
static inline int32_t aura_completions_wait(aura_completions *queue, int64_t timeout_ms, uint64_t *tokens, size_t capacity) { return aura_loaded.aura_completions_wait(queue, timeout_ms, tokens, capacity); }
static inline void aura_completions_wake(aura_completions *queue) { aura_loaded.aura_completions_wake(queue); }
static inline int32_t aura_completions_fd(aura_completions *queue) { return aura_loaded.aura_completions_fd(queue); }
static inline void aura_completions_free(aura_completions *queue) { aura_loaded.aura_completions_free(queue); }
static inline aura_status aura_json_get(const char *json, const char *pointer, char **value, aura_error **error) { return aura_loaded.aura_json_get(json, pointer, value, error); }
static inline void aura_log_set(aura_log_callback callback, void *user_data, aura_log_level lowest) { aura_loaded.aura_log_set(callback, user_data, lowest); }
static inline void aura_log_keep(aura_log_level lowest, size_t most) { aura_loaded.aura_log_keep(lowest, most); }
static inline aura_status aura_log_take(char **json, aura_error **error) { return aura_loaded.aura_log_take(json, error); }

#define AURA_EACH_FUNCTION(X) \
    X(aura_status_name) \
    X(aura_error_kind) \
    X(aura_error_message) \
    X(aura_error_http_status) \
    X(aura_error_retry_after_ms) \
    X(aura_error_server_message) \
    X(aura_error_hint) \
    X(aura_error_reason) \
    X(aura_error_request_id) \
    X(aura_error_method) \
    X(aura_error_route) \
    X(aura_error_field_errors_json) \
    X(aura_error_attempts) \
    X(aura_error_outcome_unknown) \
    X(aura_error_retryable) \
    X(aura_error_json) \
    X(aura_error_free) \
    X(aura_string_free) \
    X(aura_version) \
    X(aura_options_new) \
    X(aura_options_set) \
    X(aura_options_set_environment) \
    X(aura_options_set_interrupt) \
    X(aura_options_free) \
    X(aura_cancel_token_new) \
    X(aura_cancel_token_cancel) \
    X(aura_cancel_token_expire) \
    X(aura_cancel_token_free) \
    X(aura_options_set_cancel_token) \
    X(aura_client_new) \
    X(aura_client_free) \
    X(aura_create_user) \
    X(aura_create_user_start) \
    X(aura_get_current_user) \
    X(aura_get_current_user_start) \
    X(aura_get_user) \
    X(aura_get_user_start) \
    X(aura_reset_user_password) \
    X(aura_reset_user_password_start) \
    X(aura_stream_audit_logs) \
    X(aura_client_rate_limit) \
    X(aura_audit_logs_next) \
    X(aura_audit_logs_next_at_hand) \
    X(aura_audit_logs_next_fields) \
    X(aura_audit_logs_next_page) \
    X(aura_audit_logs_next_rows) \
    X(aura_audit_logs_next_page_at_hand) \
    X(aura_audit_logs_next_start) \
    X(aura_audit_logs_next_page_start) \
    X(aura_audit_logs_next_rows_start) \
    X(aura_audit_logs_page) \
    X(aura_audit_logs_free) \
    X(aura_call_wait) \
    X(aura_call_poll) \
    X(aura_call_fd) \
    X(aura_call_cancel) \
    X(aura_call_expire) \
    X(aura_call_free) \
    X(aura_completions_new) \
    X(aura_call_complete) \
    X(aura_completions_wait) \
    X(aura_completions_wake) \
    X(aura_completions_fd) \
    X(aura_completions_free) \
    X(aura_json_get) \
    X(aura_log_set) \
    X(aura_log_keep) \
    X(aura_log_take) \

#endif
// end of generated: declarations

// Returns the version of an open library, or NULL if it has no aura_version().
const char *aura_go_version(void *library);

// Fills the table from an open library. Returns the name of a function that it does not have, or NULL.
const char *aura_go_load(void *library);

// The four calls that are one request each.
enum aura_go_operation { AURA_GO_CREATE, AURA_GO_CURRENT, AURA_GO_GET, AURA_GO_RESET };

// Makes one of them: waits for its result and puts that into json, or, if call is not NULL, starts it
// and puts it into call. What the operation does not need is ignored.
aura_status aura_go_request(enum aura_go_operation operation, const aura_client *client, const char *name,
                            const char *password, const char *const *emails, size_t emails_len,
                            const aura_options *options, char **json, aura_call **call, aura_error **error);

#endif
