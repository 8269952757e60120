#define FFI_SCOPE "AURA_USERS"
#define FFI_LIB "libaura_users.so.0.1"
// The C library's functions that the package calls, for FFI::load() and FFI::cdef().
// generated: declarations
typedef int32_t aura_status;
typedef int32_t aura_log_level;
typedef struct aura_audit_logs aura_audit_logs;
typedef struct aura_call aura_call;
typedef struct aura_cancel_token aura_cancel_token;
typedef struct aura_client aura_client;
typedef struct aura_completions aura_completions;
typedef struct aura_error aura_error;
typedef struct aura_options aura_options;
const char *aura_version(void);
const char *aura_error_json(const aura_error *error);
void aura_error_free(aura_error *error);
void aura_string_free(char *string);
aura_options *aura_options_new(void);
aura_status aura_options_set(aura_options *options, const char *name, const char *value, aura_error **error);
void aura_options_free(aura_options *options);
aura_status aura_client_new(const aura_options *options, aura_client **client, aura_error **error);
void aura_client_free(aura_client *client);
aura_status aura_client_rate_limit(const aura_client *client, const aura_options *options, char **rate_limit_json, aura_error **error);
aura_status aura_get_user(const aura_client *client, const char *username_or_email, const aura_options *options, char **user_json, aura_error **error);
aura_status aura_get_user_start(const aura_client *client, const char *username_or_email, const aura_options *options, aura_call **call, aura_error **error);
aura_status aura_get_current_user(const aura_client *client, const aura_options *options, char **user_json, aura_error **error);
aura_status aura_get_current_user_start(const aura_client *client, const aura_options *options, aura_call **call, aura_error **error);
aura_status aura_create_user_start(const aura_client *client, const char *username, const char *password, const char *const *emails, size_t emails_len, const aura_options *options, aura_call **call, aura_error **error);
aura_status aura_reset_user_password_start(const aura_client *client, const char *username_or_email, const aura_options *options, aura_call **call, aura_error **error);
aura_status aura_stream_audit_logs(const aura_client *client, const aura_options *options, aura_audit_logs **logs, aura_error **error);
aura_status aura_audit_logs_next_fields(aura_audit_logs *logs, const char **action, const char **user_agent, const char **params_json, const char **audit_log_json, aura_error **error);
aura_status aura_audit_logs_next_at_hand(aura_audit_logs *logs, char **audit_log_json, aura_error **error);
aura_status aura_audit_logs_next_start(aura_audit_logs *logs, aura_call **call, aura_error **error);
uint64_t aura_audit_logs_page(const aura_audit_logs *logs);
void aura_audit_logs_free(aura_audit_logs *logs);
aura_status aura_call_wait(aura_call *call, int64_t timeout_ms, char **json, aura_error **error);
void aura_call_cancel(aura_call *call);
void aura_call_expire(aura_call *call);
void aura_call_free(aura_call *call);
aura_status aura_call_complete(aura_call *call, aura_completions *queue, uint64_t token, aura_error **error);
aura_completions *aura_completions_new(void);
int32_t aura_completions_wait(aura_completions *queue, int64_t timeout_ms, uint64_t *tokens, size_t capacity);
void aura_completions_wake(aura_completions *queue);
int32_t aura_completions_fd(aura_completions *queue);
void aura_completions_free(aura_completions *queue);
void aura_log_keep(aura_log_level lowest, size_t most);
aura_status aura_log_take(char **json, aura_error **error);
// end of generated: declarations
