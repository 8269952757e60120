package io.github.aurausers;

import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * The functions of the C library. A handle is its address. An out-parameter is an array of one. {@link Library} binds
 * the functions.
 */
final class Native {
  static final int OK = 0;
  static final int END = 1;

  private Native() {}

  /** Returns text for C. Throws for a NUL, at which C would cut it, and for half of a surrogate pair. */
  static byte[] text(String name, String value) {
    if (value == null) {
      throw new InvalidArgumentException(name + " is null");
    }
    if (value.indexOf('\0') >= 0) {
      throw new InvalidArgumentException(name + " contains a NUL character");
    }
    try {
      ByteBuffer bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(value));
      byte[] text = new byte[bytes.remaining() + 1];
      bytes.get(text, 0, text.length - 1);
      return text;
    } catch (CharacterCodingException e) {
      throw new InvalidArgumentException(name + " contains half of a surrogate pair");
    }
  }

  /** Returns the text at an address, or null. */
  static String string(long address) {
    return address == 0 ? null : new Pointer(address).getString(0, "UTF-8");
  }

  /** Returns the text of an out-parameter, and frees it. */
  static String take(long[] place) {
    try {
      return string(place[0]);
    } finally {
      aura_string_free(place[0]);
    }
  }

  /** Throws the error if the status is one. */
  static void check(int status, long[] error) {
    if (status != OK && status != END) {
      throw AuraException.take(status, error[0]);
    }
  }

  // generated: functions
  static native long aura_status_name(int status);

  static native int aura_error_kind(long error);

  static native long aura_error_message(long error);

  static native int aura_error_http_status(long error);

  static native long aura_error_retry_after_ms(long error);

  static native long aura_error_server_message(long error);

  static native long aura_error_hint(long error);

  static native long aura_error_reason(long error);

  static native long aura_error_request_id(long error);

  static native long aura_error_method(long error);

  static native long aura_error_route(long error);

  static native long aura_error_field_errors_json(long error);

  static native int aura_error_attempts(long error);

  static native int aura_error_outcome_unknown(long error);

  static native int aura_error_retryable(long error);

  static native long aura_error_json(long error);

  static native void aura_error_free(long error);

  static native void aura_string_free(long string);

  static native long aura_version();

  static native long aura_options_new();

  static native int aura_options_set(long options, byte[] name, byte[] value, long[] error);

  static native int aura_options_set_environment(
      long options, long[] environment, long environmentLen, long[] error);

  static native void aura_options_free(long options);

  static native long aura_cancel_token_new();

  static native void aura_cancel_token_cancel(long token);

  static native void aura_cancel_token_expire(long token);

  static native void aura_cancel_token_free(long token);

  static native int aura_options_set_cancel_token(long options, long token, long[] error);

  static native int aura_client_new(long options, long[] client, long[] error);

  static native void aura_client_free(long client);

  static native int aura_create_user(
      long client,
      byte[] username,
      byte[] password,
      long[] emails,
      long emailsLen,
      long options,
      long[] userJson,
      long[] error);

  static native int aura_create_user_start(
      long client,
      byte[] username,
      byte[] password,
      long[] emails,
      long emailsLen,
      long options,
      long[] call,
      long[] error);

  static native int aura_get_current_user(long client, long options, long[] userJson, long[] error);

  static native int aura_get_current_user_start(
      long client, long options, long[] call, long[] error);

  static native int aura_get_user(
      long client, byte[] usernameOrEmail, long options, long[] userJson, long[] error);

  static native int aura_get_user_start(
      long client, byte[] usernameOrEmail, long options, long[] call, long[] error);

  static native int aura_reset_user_password(
      long client, byte[] usernameOrEmail, long options, long[] error);

  static native int aura_reset_user_password_start(
      long client, byte[] usernameOrEmail, long options, long[] call, long[] error);

  static native int aura_stream_audit_logs(long client, long options, long[] logs, long[] error);

  static native int aura_client_rate_limit(
      long client, long options, long[] rateLimitJson, long[] error);

  static native int aura_audit_logs_next(long logs, long[] auditLogJson, long[] error);

  static native int aura_audit_logs_next_at_hand(long logs, long[] auditLogJson, long[] error);

  static native int aura_audit_logs_next_fields(
      long logs,
      long[] action,
      long[] userAgent,
      long[] paramsJson,
      long[] auditLogJson,
      long[] error);

  static native int aura_audit_logs_next_page(long logs, long[] auditLogsJson, long[] error);

  static native int aura_audit_logs_next_rows(long logs, long[] rows, long[] error);

  static native int aura_audit_logs_next_page_at_hand(
      long logs, long[] auditLogsJson, long[] error);

  static native int aura_audit_logs_next_start(long logs, long[] call, long[] error);

  static native int aura_audit_logs_next_page_start(long logs, long[] call, long[] error);

  static native int aura_audit_logs_next_rows_start(long logs, long[] call, long[] error);

  static native long aura_audit_logs_page(long logs);

  static native void aura_audit_logs_free(long logs);

  static native int aura_call_wait(long call, long timeoutMs, long[] json, long[] error);

  static native int aura_call_poll(long call);

  static native int aura_call_fd(long call);

  static native void aura_call_cancel(long call);

  static native void aura_call_expire(long call);

  static native void aura_call_free(long call);

  static native long aura_completions_new();

  static native int aura_call_complete(long call, long queue, long token, long[] error);

  static native int aura_completions_wait(long queue, long timeoutMs, long[] tokens, long capacity);

  static native void aura_completions_wake(long queue);

  static native int aura_completions_fd(long queue);

  static native void aura_completions_free(long queue);

  static native int aura_json_get(byte[] json, byte[] pointer, long[] value, long[] error);

  static native void aura_log_keep(int lowest, long most);

  static native int aura_log_take(long[] json, long[] error);
  // end of generated: functions
}
