package aura

// #include "aura_go.h"
import "C"

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// An Error is the error of a call. Compare its kind with [errors.Is]:
//
//	if errors.Is(err, aura.ErrNotFound) { … }
//
// Get its fields with [errors.As]:
//
//	var failure *aura.Error
//	if errors.As(err, &failure) { fmt.Println(failure.RequestID) }
type Error struct {
	// Kind is the kind of the error.
	Kind Kind
	// Status is the HTTP status, or 0 if no reply arrived.
	Status int
	// Message is the server's message, or the library's if the server sent none.
	Message string
	// Hint is what to do next. It is empty if the message says enough.
	Hint string
	// Reason is why the server rejected a credential or an account, such as revoked_credential.
	Reason string
	// Fields are the errors of each field that the server rejected: strings, or lists and maps of
	// strings.
	Fields map[string]any
	// RequestID is the x-request-id of the reply. The server's operators find the request by it.
	RequestID string
	// RetryAfter is the time that the server asks you to wait, or 0.
	RetryAfter time.Duration
	// Attempts is the number of times that the request was sent.
	Attempts int
	// Method and Route are those of the request. The route has no parameters.
	Method, Route string
	// OutcomeUnknown is true if the server may have completed a call that failed. Check before you
	// repeat it.
	OutcomeUnknown bool
	// Retryable is true if the same call may succeed later, and repeating it is safe.
	Retryable bool

	text  string
	json  string
	cause []error
}

// Error returns the error as one sentence. It contains no secret.
func (e *Error) Error() string { return e.text }

// Unwrap returns the kind. If the context ended the call, it also returns the context's error and
// cause.
func (e *Error) Unwrap() []error { return append([]error{e.Kind}, e.cause...) }

// Timeout reports whether a timeout expired, as [net.Error] does.
func (e *Error) Timeout() bool { return e.Kind == ErrTimeout }

// RawJSON returns the error as a JSON object, which is the same in every language of this library.
func (e Error) RawJSON() string { return e.json }

// MarshalJSON returns RawJSON, or null for the zero Error.
func (e Error) MarshalJSON() ([]byte, error) { return rawOrNull(e.json), nil }

// takeError converts an error of the library and frees it.
func takeError(failure *C.aura_error) error {
	defer C.aura_error_free(failure)
	if failure == nil {
		return newError(ErrInternal, "the library returned no error")
	}
	return errorOf(C.GoString(C.aura_error_json(failure)))
}

func errorOf(text string) *Error {
	var has struct {
		Code           Kind           `json:"code"`
		Text           string         `json:"text"`
		Status         int            `json:"status"`
		Message        string         `json:"message"`
		Hint           string         `json:"hint"`
		Reason         string         `json:"reason"`
		Errors         map[string]any `json:"errors"`
		RequestID      string         `json:"request_id"`
		RetryAfterMS   uint64         `json:"retry_after_ms"`
		Attempts       int            `json:"attempts"`
		Method         string         `json:"method"`
		Route          string         `json:"route"`
		OutcomeUnknown bool           `json:"outcome_unknown"`
		Retryable      bool           `json:"retryable"`
	}
	if err := json.Unmarshal([]byte(text), &has); err != nil {
		return newError(ErrInternal, "the library's error cannot be read: "+err.Error())
	}
	return &Error{
		Kind: has.Code, Status: has.Status, Message: has.Message, Hint: has.Hint, Reason: has.Reason,
		Fields: has.Errors, RequestID: has.RequestID,
		RetryAfter: milliseconds(has.RetryAfterMS),
		Attempts:   has.Attempts, Method: has.Method, Route: has.Route,
		OutcomeUnknown: has.OutcomeUnknown, Retryable: has.Retryable,
		text: has.Text, json: text,
	}
}

// newError returns an error of this package. It has the members of the library's errors.
func newError(kind Kind, message string) *Error {
	text := kind.String() + ": " + message
	made, err := json.Marshal(map[string]any{
		"kind": kind.String(), "code": int(kind), "text": text, "status": nil, "message": message,
		"hint": nil, "reason": nil, "errors": nil, "request_id": nil, "retry_after_ms": nil,
		"attempts": 0, "method": nil, "route": nil, "outcome_unknown": false, "retryable": false,
	})
	if err != nil {
		panic(err) // impossible for strings, numbers and nil
	}
	return &Error{Kind: kind, Message: message, text: text, json: string(made)}
}

func invalidArgument(message string) error { return newError(ErrInvalidArgument, message) }

// withCause adds the context's error and cause to err, if the end of the context ended the call.
func withCause(ctx context.Context, err error) error {
	var failure *Error
	if ctx.Err() == nil || !errors.As(err, &failure) {
		return err
	}
	if failure.Kind == ErrCancelled || failure.Kind == ErrTimeout {
		failure.cause = []error{ctx.Err()}
		if cause := context.Cause(ctx); cause != ctx.Err() {
			failure.cause = append(failure.cause, cause)
		}
	}
	return err
}

// contextError returns the error of a context that has ended, or nil.
func contextError(ctx context.Context) error {
	switch err := ctx.Err(); {
	case err == nil:
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		return withCause(ctx, newError(ErrTimeout, "the context's deadline passed before the call started"))
	default:
		return withCause(ctx, newError(ErrCancelled, "the context was cancelled before the call started"))
	}
}
