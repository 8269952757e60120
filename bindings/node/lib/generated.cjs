// What the description of the C ABI says: see tools/README.md. `make header` writes it anew.
"use strict";

// generated: library and statuses
const library = { abi: "0.1", soname: { "linux": "libaura_users.so.0.1", "macos": "libaura_users.0.1.dylib" } };
const statuses = {
  ok: 0,
  end: 1,
  pending: 2,
  invalid_argument: 10,
  unauthenticated: 20,
  otp_required: 21,
  otp_invalid: 22,
  forbidden: 23,
  not_found: 24,
  unsupported: 25,
  validation: 26,
  rate_limited: 27,
  server: 28,
  unexpected_status: 29,
  connect: 40,
  tls: 41,
  timeout: 42,
  cancelled: 43,
  decode: 60,
  internal: 70,
};
// end of generated: library and statuses

// generated: options
const options = {
  repoUrl: { name: "repo_url", type: "url", scope: "call", environment: ["HEX_API_URL", "HEX_API"] },
  apiKey: { name: "api_key", type: "text", scope: "call", environment: ["HEX_API_KEY"] },
  otp: { name: "otp", type: "text", scope: "call", environment: ["HEX_OTP"] },
  timeout: { name: "timeout", type: "seconds", scope: "call", environment: ["HEX_HTTP_TIMEOUT"], minimum: 0.001, maximum: 31536000.0 },
  totalTimeout: { name: "total_timeout", type: "seconds", scope: "call", environment: [], minimum: 0.001, maximum: 31536000.0 },
  connectTimeout: { name: "connect_timeout", type: "seconds", scope: "call", environment: [], minimum: 0.001, maximum: 31536000.0 },
  maxRetries: { name: "max_retries", type: "whole", scope: "call", environment: [] },
  rateLimit: { name: "rate_limit", type: "choice", scope: "call", environment: [] },
  prefetch: { name: "prefetch", type: "whole", scope: "call", environment: [] },
  page: { name: "page", type: "whole", scope: "call", environment: [] },
  proxy: { name: "proxy", type: "url", scope: "call", environment: [] },
  noProxy: { name: "no_proxy", type: "text", scope: "call", environment: ["no_proxy", "NO_PROXY"] },
  caFile: { name: "ca_file", type: "path", scope: "call", environment: ["HEX_CACERTS_PATH"] },
  userAgent: { name: "user_agent", type: "text", scope: "call", environment: [] },
  clientName: { name: "client_name", type: "text", scope: "call", environment: [] },
  maxBody: { name: "max_body", type: "whole", scope: "call", environment: [] },
  maxConnections: { name: "max_connections", type: "whole", scope: "call", environment: ["HEX_HTTP_CONCURRENCY"] },
  cache: { name: "cache", type: "whole", scope: "call", environment: [] },
  allowInsecureHttp: { name: "allow_insecure_http", type: "boolean", scope: "call", environment: [] },
  env: { name: "env", type: "boolean", scope: "client", environment: [] },
};
// end of generated: options

// The result and the parameters of each function, in the words of library.cjs.
// generated: functions
const functions = {
  aura_status_name: ["text", "aura_status"],
  aura_error_json: ["text", "handle"],
  aura_error_free: ["void", "handle"],
  aura_string_free: ["void", "handle"],
  aura_version: ["text"],
  aura_options_new: ["handle"],
  aura_options_set: ["aura_status", "handle", "text", "text", "out handle"],
  aura_options_free: ["void", "handle"],
  aura_cancel_token_new: ["handle"],
  aura_cancel_token_cancel: ["void", "handle"],
  aura_cancel_token_expire: ["void", "handle"],
  aura_cancel_token_free: ["void", "handle"],
  aura_options_set_cancel_token: ["aura_status", "handle", "handle", "out handle"],
  aura_client_new: ["aura_status", "handle", "out handle", "out handle"],
  aura_client_free: ["void", "handle"],
  aura_create_user_start: ["aura_status", "handle", "text", "text", "texts", "size_t", "handle", "out handle", "out handle"],
  aura_get_current_user_start: ["aura_status", "handle", "handle", "out handle", "out handle"],
  aura_get_user_start: ["aura_status", "handle", "text", "handle", "out handle", "out handle"],
  aura_reset_user_password_start: ["aura_status", "handle", "text", "handle", "out handle", "out handle"],
  aura_stream_audit_logs: ["aura_status", "handle", "handle", "out handle", "out handle"],
  aura_client_rate_limit: ["aura_status", "handle", "handle", "out text", "out handle"],
  aura_audit_logs_next_at_hand: ["aura_status", "handle", "out text", "out handle"],
  aura_audit_logs_next_page_at_hand: ["aura_status", "handle", "out text", "out handle"],
  aura_audit_logs_next_start: ["aura_status", "handle", "out handle", "out handle"],
  aura_audit_logs_next_page_start: ["aura_status", "handle", "out handle", "out handle"],
  aura_audit_logs_page: ["uint64_t", "handle"],
  aura_audit_logs_free: ["void", "handle"],
  aura_call_wait: ["aura_status", "handle", "int64_t", "out text", "out handle"],
  aura_call_poll: ["aura_status", "handle"],
  aura_call_fd: ["int32_t", "handle"],
  aura_call_cancel: ["void", "handle"],
  aura_call_expire: ["void", "handle"],
  aura_call_free: ["void", "handle"],
  aura_completions_new: ["handle"],
  aura_call_complete: ["aura_status", "handle", "handle", "uint64_t", "out handle"],
  aura_completions_wait: ["int32_t", "handle", "int64_t", "uint64_t *", "size_t"],
  aura_completions_wake: ["void", "handle"],
  aura_completions_fd: ["int32_t", "handle"],
  aura_completions_free: ["void", "handle"],
  aura_json_get: ["aura_status", "text", "text", "out text", "out handle"],
  aura_log_keep: ["void", "aura_log_level", "size_t"],
  aura_log_take: ["aura_status", "out text", "out handle"],
};
// end of generated: functions

module.exports = { functions, library, options, statuses };
