package io.github.aurausers;

import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Options of a client or of one call. They are immutable: each method returns new ones.
 *
 * <pre>{@code
 * Options options = Options.none().apiKey("…").timeout(Duration.ofSeconds(5));
 * }</pre>
 *
 * <p>Precedence: call, client, environment, default. Values are checked when a client or a call uses
 * the options. An invalid value throws an {@link InvalidArgumentException} with the allowed values.
 */
public final class Options {
  private static final Options NONE = new Options(Map.of());

  /** The name of each option, and whether its value is a secret. */
  private static final Map<String, Boolean> NAMES =
      Map.ofEntries(
          // generated: option names
          Map.entry("repo_url", false),
          Map.entry("api_key", true),
          Map.entry("otp", true),
          Map.entry("timeout", false),
          Map.entry("total_timeout", false),
          Map.entry("connect_timeout", false),
          Map.entry("max_retries", false),
          Map.entry("rate_limit", false),
          Map.entry("prefetch", false),
          Map.entry("page", false),
          Map.entry("proxy", true),
          Map.entry("no_proxy", false),
          Map.entry("ca_file", false),
          Map.entry("user_agent", false),
          Map.entry("client_name", false),
          Map.entry("max_body", false),
          Map.entry("max_connections", false),
          Map.entry("cache", false),
          Map.entry("allow_insecure_http", false),
          Map.entry("env", false)
          // end of generated: option names
          );

  private final Map<String, String> values;

  private Options(Map<String, String> values) {
    this.values = values;
  }

  /**
   * Returns options without any set.
   *
   * @return the options
   */
  public static Options none() {
    return NONE;
  }

  /**
   * Sets an option by the name that all languages of this library use, such as {@code api_key}.
   *
   * @param name the option's name
   * @param value a text, number, boolean, path, {@code Duration} or enum; null unsets the option
   * @return these options and this one
   */
  public Options set(String name, Object value) {
    String text =
        value instanceof Duration time
            ? seconds(time)
            : value instanceof Enum<?> choice ? lower(choice) : text(value);
    if (name == null || !NAMES.containsKey(name)) {
      check(name, text == null ? "" : text); // its error suggests a name
    }
    return put(name, text);
  }

  /** These options and those of {@code stronger}, which take precedence. */
  Options and(Options stronger) {
    if (stronger == null) {
      throw new InvalidArgumentException("options is null");
    }
    if (values.isEmpty() || stronger.values.isEmpty()) {
      return values.isEmpty() ? stronger : this;
    }
    Map<String, String> both = new LinkedHashMap<>(values);
    both.putAll(stronger.values);
    return new Options(both);
  }

  /** Creates options of the library, or 0 if none is set. The caller frees them. */
  long make() {
    if (values.isEmpty()) {
      return 0;
    }
    long options = Native.aura_options_new();
    try {
      values.forEach((name, value) -> set(options, name, value));
      return options;
    } catch (AuraException e) {
      Native.aura_options_free(options);
      throw e;
    }
  }

  private static void set(long options, String name, String value) {
    long[] error = new long[1];
    byte[] nameInC = Native.text("the name of an option", name);
    // An unknown name may be a secret.
    String what = NAMES.containsKey(name) ? "the option " + name : "the value of an option";
    byte[] text = Native.text(what, value);
    Native.check(Native.aura_options_set(options, nameInC, text, error), error);
  }

  private static void check(String name, String value) {
    Library.load();
    long options = Native.aura_options_new();
    try {
      set(options, name, value);
    } finally {
      Native.aura_options_free(options);
    }
  }

  private Options put(String name, String value) {
    Map<String, String> changed = new LinkedHashMap<>(values);
    if (value == null) {
      changed.remove(name);
    } else {
      changed.put(name, value);
    }
    return new Options(changed);
  }

  private static String text(Object value) {
    return value == null ? null : value.toString();
  }

  private static String lower(Enum<?> value) {
    return value == null ? null : value.name().toLowerCase(Locale.ROOT);
  }

  private static String seconds(Duration value) {
    return value == null
        ? null
        : new java.math.BigDecimal(value.getSeconds())
            .add(java.math.BigDecimal.valueOf(value.getNano(), 9))
            .toPlainString();
  }

  /**
   * Returns the options that are set as text, without secrets.
   *
   * @return the options as a text
   */
  @Override
  public String toString() {
    Map<String, String> shown = new TreeMap<>(values);
    shown.replaceAll((name, value) -> NAMES.get(name) ? "…" : value);
    return "Options" + shown;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Options options && values.equals(options.values);
  }

  @Override
  public int hashCode() {
    return values.hashCode();
  }

  // generated: options
  /**
   * The base URL of the API. Allowed: an http or https URL without a user, a query and a fragment.
   * Default: {@code https://hex.pm/api}. Environment: {@code HEX_API_URL}, {@code HEX_API}.
   *
   * @param value the value; null unsets the option
   * @return these options and this one
   */
  public Options repoUrl(String value) {
    return put("repo_url", value);
  }

  /**
   * The API key. It is sent as {@code Authorization: <key>}. For an OAuth token, write {@code
   * Bearer <token>}. Allowed: text without control characters. Environment: {@code HEX_API_KEY}.
   *
   * @param value the value; null unsets the option
   * @return these options and this one
   */
  public Options apiKey(String value) {
    return put("api_key", value);
  }

  /**
   * The one-time password. It is sent as {@code X-Hex-OTP}. Allowed: text without control
   * characters. Environment: {@code HEX_OTP}.
   *
   * @param value the value; null unsets the option
   * @return these options and this one
   */
  public Options otp(String value) {
    return put("otp", value);
  }

  /**
   * The timeout of one attempt. Allowed: seconds from 0.001 to 31536000. Default: {@code 15}.
   * Environment: {@code HEX_HTTP_TIMEOUT}.
   *
   * @param value the value; null unsets the option
   * @return these options and this one
   */
  public Options timeout(Duration value) {
    return put("timeout", seconds(value));
  }

  /**
   * The timeout of the whole call. It includes retries and waits for the rate limit. Allowed:
   * seconds from 0.001 to 31536000. Default: {@code 120}.
   *
   * @param value the value; null unsets the option
   * @return these options and this one
   */
  public Options totalTimeout(Duration value) {
    return put("total_timeout", seconds(value));
  }

  /**
   * The timeout of connecting. It includes the TLS handshake. Allowed: seconds from 0.001 to
   * 31536000. Default: {@code 10}.
   *
   * @param value the value; null unsets the option
   * @return these options and this one
   */
  public Options connectTimeout(Duration value) {
    return put("connect_timeout", seconds(value));
  }

  /**
   * The maximum number of retries. A GET is retried after a connection failure and after 429, 502,
   * 503 and 504. A POST is retried only if the server cannot have processed it. Allowed: a whole
   * number from 0 to 100. Default: {@code 2}.
   *
   * @param value the value
   * @return these options and this one
   */
  public Options maxRetries(int value) {
    return put("max_retries", text(value));
  }

  /** What a call does if the server's rate limit is reached: wait until it resets, or fail. */
  public enum OnRateLimit {
    /** The value {@code wait}. */
    WAIT,
    /** The value {@code error}. */
    ERROR
  }

  /**
   * What a call does if the server's rate limit is reached: wait until it resets, or fail. Allowed:
   * wait or error. Default: {@code wait}.
   *
   * @param value the value; null unsets the option
   * @return these options and this one
   */
  public Options rateLimit(OnRateLimit value) {
    return put("rate_limit", lower(value));
  }

  /**
   * The maximum number of audit-log pages to request ahead. The stream starts with few and requests
   * more while it reads. With a value above the default, it requests all of them from the second
   * page on. Allowed: a whole number from 0 to 100. Default: {@code 4}.
   *
   * @param value the value
   * @return these options and this one
   */
  public Options prefetch(int value) {
    return put("prefetch", text(value));
  }

  /**
   * The first page of the audit log to read. Allowed: a whole number, at least 1. Default: {@code
   * 1}.
   *
   * @param value the value
   * @return these options and this one
   */
  public Options page(long value) {
    return put("page", text(value));
  }

  /**
   * The proxy for all requests. The URL may contain the user and the password of the proxy. If it
   * is not set, the environment variables {@code http_proxy}, {@code https_proxy} and {@code
   * all_proxy} are used, except for servers on the loopback. Allowed: an http, https, socks5 or
   * socks5h URL.
   *
   * @param value the value; null unsets the option
   * @return these options and this one
   */
  public Options proxy(String value) {
    return put("proxy", value);
  }

  /**
   * The hosts to connect to without a proxy, separated by commas or spaces: domains, which include
   * their subdomains, addresses and networks, each with an optional port; or {@code *} for all.
   * Allowed: domains, addresses and networks, separated by commas, or *. Environment: {@code
   * no_proxy}, {@code NO_PROXY}.
   *
   * @param value the value; null unsets the option
   * @return these options and this one
   */
  public Options noProxy(String value) {
    return put("no_proxy", value);
  }

  /**
   * A PEM file of root certificates to trust in addition to those of the system. Allowed: the path
   * of a PEM file. Environment: {@code HEX_CACERTS_PATH}.
   *
   * @param value the value; null unsets the option
   * @return these options and this one
   */
  public Options caFile(Path value) {
    return put("ca_file", text(value));
  }

  /**
   * The name of the program. It precedes the name of the library in {@code User-Agent}. The server
   * stores the first 255 code points of {@code User-Agent} in every audit row. Allowed: text
   * without control characters.
   *
   * @param value the value; null unsets the option
   * @return these options and this one
   */
  public Options userAgent(String value) {
    return put("user_agent", value);
  }

  /**
   * The name and version of a library that uses this one, such as a language binding. It follows
   * the name of this library in {@code User-Agent}, in parentheses. Allowed: text without control
   * characters, parentheses and backslashes.
   *
   * @param value the value; null unsets the option
   * @return these options and this one
   */
  public Options clientName(String value) {
    return put("client_name", value);
  }

  /**
   * The maximum size of a reply in bytes, after decompression. Allowed: a whole number of bytes, at
   * least 1. Default: {@code 16777216}.
   *
   * @param value the value
   * @return these options and this one
   */
  public Options maxBody(long value) {
    return put("max_body", text(value));
  }

  /**
   * The maximum number of connections to one server for started calls, streams and asynchronous
   * clients. Further calls wait for a connection, and their timeouts apply. Allowed: a whole number
   * from 1 to 100000. Default: {@code 64}. Environment: {@code HEX_HTTP_CONCURRENCY}.
   *
   * @param value the value
   * @return these options and this one
   */
  public Options maxConnections(int value) {
    return put("max_connections", text(value));
  }

  /**
   * The maximum number of user records to cache in memory, by ETag. The server answers 304 if a
   * cached record has not changed. Allowed: a whole number from 0 to 100000. Default: {@code 0}.
   *
   * @param value the value
   * @return these options and this one
   */
  public Options cache(int value) {
    return put("cache", text(value));
  }

  /**
   * Whether to send a credential over plain http to a server that is not on the loopback. Allowed:
   * true, false, 1, 0, yes, no, on or off. Default: {@code false}.
   *
   * @param value the value
   * @return these options and this one
   */
  public Options allowInsecureHttp(boolean value) {
    return put("allow_insecure_http", text(value));
  }

  /**
   * Whether to read options from the environment. It is an option of a client only. Allowed: true,
   * false, 1, 0, yes, no, on or off. Default: {@code true}.
   *
   * @param value the value
   * @return these options and this one
   */
  public Options env(boolean value) {
    return put("env", text(value));
  }
  // end of generated: options
}
