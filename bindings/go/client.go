package aura

// #include "aura_go.h"
import "C"

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"time"
)

// A Client has connections to one server, and options for every call. Create one and keep it. Any
// number of goroutines may use it at once.
type Client struct {
	handle  *handle[*C.aura_client]
	options []CallOption
}

// NewClient creates a client. It sends nothing.
func NewClient(options ...ClientOption) (*Client, error) {
	if _, err := library(); err != nil {
		return nil, err
	}
	made, err := newOptions(append([]ClientOption{clientName()}, options...))
	if err != nil {
		return nil, err
	}
	defer C.aura_options_free(made)
	var client *C.aura_client
	var failure *C.aura_error
	if C.aura_client_new(made, &client, &failure) != C.AURA_OK {
		return nil, takeError(failure)
	}
	return &Client{handle: newHandle(client, func(client *C.aura_client) { C.aura_client_free(client) })}, nil
}

// With returns a client that adds options to each of its calls. It shares the connections of c, and
// Close of either client closes both.
func (c *Client) With(options ...CallOption) *Client {
	return &Client{c.handle, slices.Concat(c.options, options)}
}

// Close closes the connections. Calls and streams that have started continue, and later calls return
// [ErrInvalidArgument]. Close always returns nil, and you may call it again.
func (c *Client) Close() error {
	c.handle.close()
	return nil
}

// CreateUser creates an account and returns its record. emails must contain one address.
//
// If you create an account on hex.pm, you accept its terms of service,
// https://hex.pm/policies/termsofservice. After an error with OutcomeUnknown the account may exist.
func (c *Client) CreateUser(ctx context.Context, username, password string, emails []string, options ...CallOption) (*User, error) {
	return userOf(c.call(ctx, request{operation: C.AURA_GO_CREATE, argument: "username", name: username, password: password, emails: emails}, options))
}

// GetCurrentUser returns the user that owns the credential, with its organizations.
func (c *Client) GetCurrentUser(ctx context.Context, options ...CallOption) (*User, error) {
	return userOf(c.call(ctx, request{operation: C.AURA_GO_CURRENT}, options))
}

// GetUser returns the public record of a user. It finds a user by the name in any letter case, or by a
// verified and public address.
func (c *Client) GetUser(ctx context.Context, usernameOrEmail string, options ...CallOption) (*User, error) {
	return userOf(c.call(ctx, request{operation: C.AURA_GO_GET, argument: "username_or_email", name: usernameOrEmail}, options))
}

// ResetUserPassword asks the server to mail the user a link for a new password. If the server does
// not offer resets, like hex.pm, the error is [ErrUnsupported].
func (c *Client) ResetUserPassword(ctx context.Context, usernameOrEmail string, options ...CallOption) error {
	_, err := c.call(ctx, request{operation: C.AURA_GO_RESET, argument: "username_or_email", name: usernameOrEmail}, options)
	return err
}

// StreamAuditLogs returns the audit log of the credential's user, newest row first. It starts at the
// option page. It sends the first request when you read the first row.
func (c *Client) StreamAuditLogs(options ...CallOption) (*AuditLogs, error) {
	made, err := c.callOptions(options)
	if err != nil {
		return nil, err
	}
	defer C.aura_options_free(made)
	var logs *C.aura_audit_logs
	err = c.use(func(client *C.aura_client, failure **C.aura_error) C.aura_status {
		return C.aura_stream_audit_logs(client, made, &logs, failure)
	})
	if err != nil {
		return nil, err
	}
	return &AuditLogs{newHandle(logs, func(logs *C.aura_audit_logs) { C.aura_audit_logs_free(logs) })}, nil
}

// A RateLimit is a rate limit of the server.
type RateLimit struct {
	// Limit is the number of requests in a window.
	Limit uint64
	// Remaining is the number of requests left in this window.
	Remaining uint64
	// ResetsIn is the time until the next window.
	ResetsIn time.Duration
}

// RateLimit returns the last rate limit that the server sent for the credential, or nil if it sent
// none. It sends nothing.
func (c *Client) RateLimit(options ...CallOption) (*RateLimit, error) {
	made, err := c.callOptions(options)
	if err != nil {
		return nil, err
	}
	defer C.aura_options_free(made)
	var text *C.char
	err = c.use(func(client *C.aura_client, failure **C.aura_error) C.aura_status {
		return C.aura_client_rate_limit(client, made, &text, failure)
	})
	if err != nil {
		return nil, err
	}
	return rateLimitOf(takeText(text))
}

func rateLimitOf(text string) (*RateLimit, error) {
	var has *struct {
		Limit      uint64 `json:"limit"`
		Remaining  uint64 `json:"remaining"`
		ResetsInMS uint64 `json:"resets_in_ms"`
	}
	if err := json.Unmarshal([]byte(text), &has); err != nil {
		return nil, newError(ErrInternal, "the library's rate limit cannot be read: "+err.Error())
	}
	if has == nil {
		return nil, nil
	}
	return &RateLimit{has.Limit, has.Remaining, milliseconds(has.ResetsInMS)}, nil
}

// milliseconds converts a time of the library. A time that is too long for Go is the longest.
func milliseconds(count uint64) time.Duration {
	return time.Duration(min(count, math.MaxInt64/uint64(time.Millisecond))) * time.Millisecond
}

// callOptions returns the options of a call for C, or nil if there are none. The caller frees them.
func (c *Client) callOptions(options []CallOption) (*C.aura_options, error) {
	if len(c.options) > 0 {
		options = slices.Concat(c.options, options)
	}
	return callOptions(options)
}

// use calls a function with the client.
func (c *Client) use(call func(*C.aura_client, **C.aura_error) C.aura_status) error {
	var failure *C.aura_error
	status := C.aura_status(C.AURA_OK)
	if !c.handle.use(func(client *C.aura_client) { status = call(client, &failure) }) {
		return invalidArgument("the client is closed")
	}
	if status != C.AURA_OK {
		return takeError(failure)
	}
	return nil
}
