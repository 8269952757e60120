package aura

import "time"

// generated: options

// WithRepoURL sets the option repo_url. Base URL of the API. Allowed: an http or https URL without
// user, query and fragment. Default: https://hex.pm/api. Environment: HEX_API_URL, HEX_API.
func WithRepoURL(value string) CallOption {
	return callOption{"repo_url", asText(value)}
}

// WithAPIKey sets the option api_key. API key, sent as `Authorization: <key>`; `Bearer <token>` is
// sent as it is. Allowed: text without control characters. Environment: HEX_API_KEY.
func WithAPIKey(value string) CallOption {
	return callOption{"api_key", asText(value)}
}

// WithOTP sets the option otp. One-time password, sent as `X-Hex-OTP`. Allowed: text without
// control characters. Environment: HEX_OTP.
func WithOTP(value string) CallOption {
	return callOption{"otp", asText(value)}
}

// WithTimeout sets the option timeout. Time for one attempt. Allowed: seconds, from 0.001 to
// 31536000. Default: 15. Environment: HEX_HTTP_TIMEOUT.
func WithTimeout(value time.Duration) CallOption {
	return callOption{"timeout", asSeconds(value)}
}

// WithTotalTimeout sets the option total_timeout. Time for the whole call, with its retries and its
// waits for the rate limit. Allowed: seconds, from 0.001 to 31536000. Default: 120.
func WithTotalTimeout(value time.Duration) CallOption {
	return callOption{"total_timeout", asSeconds(value)}
}

// WithConnectTimeout sets the option connect_timeout. Time to connect, with the TLS handshake.
// Allowed: seconds, from 0.001 to 31536000. Default: 10.
func WithConnectTimeout(value time.Duration) CallOption {
	return callOption{"connect_timeout", asSeconds(value)}
}

// WithMaxRetries sets the option max_retries. How often a call is retried if that is safe: a GET
// after a connection failure, 429, 502, 503 or 504; a POST only if nothing can have reached the
// server. Allowed: a whole number from 0 to 100. Default: 2.
func WithMaxRetries(value int) CallOption {
	return callOption{"max_retries", asWhole(value)}
}

// A RateLimitChoice is a value of the option rate_limit.
type RateLimitChoice string

// RateLimitWait is the value wait of the option rate_limit.
const RateLimitWait RateLimitChoice = "wait"

// RateLimitError is the value error of the option rate_limit.
const RateLimitError RateLimitChoice = "error"

// WithRateLimit sets the option rate_limit. What a call does when the rate limit is reached.
// Allowed: wait or error. Default: wait.
func WithRateLimit(value RateLimitChoice) CallOption {
	return callOption{"rate_limit", asText(value)}
}

// WithPrefetch sets the option prefetch. Pages of the audit log requested ahead, 0 for none. The
// number grows while the log is read; with more than the default, all of them are requested from
// the second page on. Allowed: a whole number from 0 to 100. Default: 4.
func WithPrefetch(value int) CallOption {
	return callOption{"prefetch", asWhole(value)}
}

// WithPage sets the option page. First page of the audit log to read. Allowed: a whole number from
// 1 on. Default: 1.
func WithPage(value uint64) CallOption {
	return callOption{"page", asWhole(value)}
}

// WithProxy sets the option proxy. Proxy for every request. Its URL may hold the proxy's user and
// password. If it is not set, the environment's `http_proxy`, `https_proxy` and `all_proxy` count,
// except for the loopback. Allowed: an http, https, socks5 or socks5h URL.
func WithProxy(value string) CallOption {
	return callOption{"proxy", asText(value)}
}

// WithNoProxy sets the option no_proxy. Hosts that are reached without a proxy, separated by commas
// or blanks: names with all below them, addresses and networks, each with a port or without; or
// `*`. Allowed: host names, .domains, addresses and networks, separated by commas. Environment:
// no_proxy, NO_PROXY.
func WithNoProxy(value string) CallOption {
	return callOption{"no_proxy", asText(value)}
}

// WithCAFile sets the option ca_file. PEM file of root certificates to trust in addition to the
// system's. Allowed: the path of a PEM file. Environment: HEX_CACERTS_PATH.
func WithCAFile(value string) CallOption {
	return callOption{"ca_file", asText(value)}
}

// WithUserAgent sets the option user_agent. Name of the program, which precedes the library's in
// `User-Agent`. The server keeps 255 code points of it in every audit row. Allowed: text without
// control characters.
func WithUserAgent(value string) CallOption {
	return callOption{"user_agent", asText(value)}
}

// WithClientName sets the option client_name. Name and version of what is built on this library,
// such as a binding and its language. It stands in `User-Agent` in parentheses behind the library's
// name. Allowed: text without control characters, parentheses and backslashes.
func WithClientName(value string) CallOption {
	return callOption{"client_name", asText(value)}
}

// WithMaxBody sets the option max_body. Largest reply accepted, in bytes after decompression.
// Allowed: bytes, from 1 on. Default: 16777216.
func WithMaxBody(value uint64) CallOption {
	return callOption{"max_body", asWhole(value)}
}

// WithMaxConnections sets the option max_connections. Connections to one server at once, of started
// calls, streams and asynchronous clients. More calls wait for their turn, within their time.
// Allowed: a whole number from 1 to 100000. Default: 64. Environment: HEX_HTTP_CONCURRENCY.
func WithMaxConnections(value int) CallOption {
	return callOption{"max_connections", asWhole(value)}
}

// WithCache sets the option cache. How many user records are kept in memory with their ETag. The
// server answers 304 if such a record did not change. Allowed: a whole number from 0 to 100000.
// Default: 0.
func WithCache(value int) CallOption {
	return callOption{"cache", asWhole(value)}
}

// WithAllowInsecureHTTP sets the option allow_insecure_http. Whether a credential may be sent over
// plain http beyond the loopback. Allowed: true or false, also 1 or 0, yes or no, on or off.
// Default: false.
func WithAllowInsecureHTTP(value bool) CallOption {
	return callOption{"allow_insecure_http", asBoolean(value)}
}

// WithEnv sets the option env. Whether options are read from the environment. An option of a
// client, not of a call. Allowed: true or false, also 1 or 0, yes or no, on or off. Default: true.
func WithEnv(value bool) ClientOption {
	return clientOption{"env", asBoolean(value)}
}

// The options that a call cannot have.
var isOfClient = map[string]bool{
	"env": true,
}

// Made by `make header`.
// end of generated: options
