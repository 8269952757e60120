//go:build cgo

package aura

import "time"

// generated: options

// WithRepoURL sets the option repo_url. The base URL of the API. Allowed: an http or https URL
// without a user, a query and a fragment. Default: https://hex.pm/api. Environment: HEX_API_URL,
// HEX_API.
func WithRepoURL(value string) CallOption {
	return callOption{"repo_url", asText(value)}
}

// WithAPIKey sets the option api_key. The API key. It is sent as `Authorization: <key>`. For an
// OAuth token, write `Bearer <token>`. Allowed: text without control characters. Environment:
// HEX_API_KEY.
func WithAPIKey(value string) CallOption {
	return callOption{"api_key", asText(value)}
}

// WithOTP sets the option otp. The one-time password. It is sent as `X-Hex-OTP`. Allowed: text
// without control characters. Environment: HEX_OTP.
func WithOTP(value string) CallOption {
	return callOption{"otp", asText(value)}
}

// WithTimeout sets the option timeout. The timeout of one attempt. Allowed: seconds from 0.001 to
// 31536000. Default: 15. Environment: HEX_HTTP_TIMEOUT.
func WithTimeout(value time.Duration) CallOption {
	return callOption{"timeout", asSeconds(value)}
}

// WithTotalTimeout sets the option total_timeout. The timeout of the whole call. It includes
// retries and waits for the rate limit. Allowed: seconds from 0.001 to 31536000. Default: 120.
func WithTotalTimeout(value time.Duration) CallOption {
	return callOption{"total_timeout", asSeconds(value)}
}

// WithConnectTimeout sets the option connect_timeout. The timeout of connecting. It includes the
// TLS handshake. Allowed: seconds from 0.001 to 31536000. Default: 10.
func WithConnectTimeout(value time.Duration) CallOption {
	return callOption{"connect_timeout", asSeconds(value)}
}

// WithMaxRetries sets the option max_retries. The maximum number of retries. A GET is retried after
// a connection failure and after 429, 502, 503 and 504. A POST is retried only if the server cannot
// have processed it. Allowed: a whole number from 0 to 100. Default: 2.
func WithMaxRetries(value int) CallOption {
	return callOption{"max_retries", asWhole(value)}
}

// A RateLimitChoice is a value of the option rate_limit.
type RateLimitChoice string

// RateLimitWait is the value wait of the option rate_limit.
const RateLimitWait RateLimitChoice = "wait"

// RateLimitError is the value error of the option rate_limit.
const RateLimitError RateLimitChoice = "error"

// WithRateLimit sets the option rate_limit. What a call does if the server's rate limit is reached:
// wait until it resets, or fail. Allowed: wait or error. Default: wait.
func WithRateLimit(value RateLimitChoice) CallOption {
	return callOption{"rate_limit", asText(value)}
}

// WithPrefetch sets the option prefetch. The maximum number of audit-log pages to request ahead.
// The stream starts with few and requests more while it reads. With a value above the default, it
// requests all of them from the second page on. Allowed: a whole number from 0 to 100. Default: 4.
func WithPrefetch(value int) CallOption {
	return callOption{"prefetch", asWhole(value)}
}

// WithPage sets the option page. The first page of the audit log to read. Allowed: a whole number,
// at least 1. Default: 1.
func WithPage(value uint64) CallOption {
	return callOption{"page", asWhole(value)}
}

// WithProxy sets the option proxy. The proxy for all requests. The URL may contain the user and the
// password of the proxy. If it is not set, the environment variables `http_proxy`, `https_proxy`
// and `all_proxy` are used, except for servers on the loopback. Allowed: an http, https, socks5 or
// socks5h URL.
func WithProxy(value string) CallOption {
	return callOption{"proxy", asText(value)}
}

// WithNoProxy sets the option no_proxy. The hosts to connect to without a proxy, separated by
// commas or spaces: domains, which include their subdomains, addresses and networks, each with an
// optional port; or `*` for all. Allowed: domains, addresses and networks, separated by commas, or
// *. Environment: no_proxy, NO_PROXY.
func WithNoProxy(value string) CallOption {
	return callOption{"no_proxy", asText(value)}
}

// WithCAFile sets the option ca_file. A PEM file of root certificates to trust in addition to those
// of the system. Allowed: the path of a PEM file. Environment: HEX_CACERTS_PATH.
func WithCAFile(value string) CallOption {
	return callOption{"ca_file", asText(value)}
}

// WithUserAgent sets the option user_agent. The name of the program. It precedes the name of the
// library in `User-Agent`. The server stores the first 255 code points of `User-Agent` in every
// audit row. Allowed: text without control characters.
func WithUserAgent(value string) CallOption {
	return callOption{"user_agent", asText(value)}
}

// WithClientName sets the option client_name. The name and version of a library that uses this one,
// such as a language binding. It follows the name of this library in `User-Agent`, in parentheses.
// Allowed: text without control characters, parentheses and backslashes.
func WithClientName(value string) CallOption {
	return callOption{"client_name", asText(value)}
}

// WithMaxBody sets the option max_body. The maximum size of a reply in bytes, after decompression.
// Allowed: a whole number of bytes, at least 1. Default: 16777216.
func WithMaxBody(value uint64) CallOption {
	return callOption{"max_body", asWhole(value)}
}

// WithMaxConnections sets the option max_connections. The maximum number of connections to one
// server for started calls, streams and asynchronous clients. Further calls wait for a connection,
// and their timeouts apply. Allowed: a whole number from 1 to 100000. Default: 64. Environment:
// HEX_HTTP_CONCURRENCY.
func WithMaxConnections(value int) CallOption {
	return callOption{"max_connections", asWhole(value)}
}

// WithCache sets the option cache. The maximum number of user records to cache in memory, by ETag.
// The server answers 304 if a cached record has not changed. Allowed: a whole number from 0 to
// 100000. Default: 0.
func WithCache(value int) CallOption {
	return callOption{"cache", asWhole(value)}
}

// WithAllowInsecureHTTP sets the option allow_insecure_http. Whether to send a credential over
// plain http to a server that is not on the loopback. Allowed: true, false, 1, 0, yes, no, on or
// off. Default: false.
func WithAllowInsecureHTTP(value bool) CallOption {
	return callOption{"allow_insecure_http", asBoolean(value)}
}

// WithEnv sets the option env. Whether to read options from the environment. It is an option of a
// client only. Allowed: true, false, 1, 0, yes, no, on or off. Default: true.
func WithEnv(value bool) ClientOption {
	return clientOption{"env", asBoolean(value)}
}

// The options that a call cannot have.
var isOfClient = map[string]bool{
	"env": true,
}

// Made by `make header`.
// end of generated: options
