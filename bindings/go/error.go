package aura

// #include "aura_go.h"
import "C"

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// An Error says why a call failed. Its kind is matched by [errors.Is]:
//
//	if errors.Is(err, aura.ErrNotFound) { … }
//
// Its fields are got by [errors.As]:
//
//	var failure *aura.Error
//	if errors.As(err, &failure) { fmt.Println(failure.RequestID) }
type Error struct {
	// Kind is what kind of error it is.
	Kind Kind
	// Status is the HTTP status, or 0 if no reply came.
	Status int
	// Message is the server's own message if it sent one, else the library's.
	Message string
	// Hint is what to do next, if the library knows more than the message says.
	Hint string
	// Reason is why a credential or an account was refused, such as revoked_credential.
	Reason string
	// Fields is what the server refused, by field: a text, or lists and maps of them.
	Fields map[string]any
	// RequestID is the reply's x-request-id, by which the server's operators find the call.
	RequestID string
	// RetryAfter is how long the server asks to wait; 0 if it does not say.
	RetryAfter time.Duration
	// Attempts is how many times the request was sent.
	Attempts int
	// Method and Route are the request's, the route without its parameters.
	Method, Route string
	// OutcomeUnknown is true if the server may have carried out a call that failed. Look first,
	// before you repeat it.
	OutcomeUnknown bool
	// Retryable is true if the same call may succeed later, and repeating it is safe.
	Retryable bool

	text  string
	json  string
	cause []error
}

// Error gives the whole error in a sentence. It has no secret in it.
func (e *Error) Error() string { return e.text }

// Unwrap gives the kind, and what ended the context if that ended the call.
func (e *Error) Unwrap() []error { return append([]error{e.Kind}, e.cause...) }

// Timeout reports whether the time allowed ran out, as [net.Error] does.
func (e *Error) Timeout() bool { return e.Kind == ErrTimeout }

// RawJSON is the error as one JSON object, as every language of this library has it.
func (e *Error) RawJSON() string { return e.json }

// MarshalJSON gives what RawJSON gives.
func (e *Error) MarshalJSON() ([]byte, error) { return []byte(e.json), nil }

// takeError makes an error of the library's, which it frees.
func takeError(failure *C.aura_error) error {
	defer C.aura_error_free(failure)
	if failure == nil {
		return newError(ErrInternal, "the library gave no error")
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
		RetryAfterMS   int64          `json:"retry_after_ms"`
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
		RetryAfter: time.Duration(has.RetryAfterMS) * time.Millisecond,
		Attempts:   has.Attempts, Method: has.Method, Route: has.Route,
		OutcomeUnknown: has.OutcomeUnknown, Retryable: has.Retryable,
		text: has.Text, json: text,
	}
}

// newError makes an error of this package's own; its members are those of the library's errors.
func newError(kind Kind, message string) *Error {
	text := kind.String() + ": " + message
	made, err := json.Marshal(map[string]any{
		"kind": kind.String(), "code": int(kind), "text": text, "status": nil, "message": message,
		"hint": nil, "reason": nil, "errors": nil, "request_id": nil, "retry_after_ms": nil,
		"attempts": 0, "method": nil, "route": nil, "outcome_unknown": false, "retryable": false,
	})
	if err != nil {
		panic(err) // texts, numbers and nulls can be written
	}
	return &Error{Kind: kind, Message: message, text: text, json: string(made)}
}

func invalidArgument(message string) error { return newError(ErrInvalidArgument, message) }

// ended gives err the cause, if the context's end is why the call ended.
func ended(ctx context.Context, err error) error {
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

// notBegun gives the error of a context that ended before the call began; nil if it did not.
func notBegun(ctx context.Context) error {
	switch err := ctx.Err(); {
	case err == nil:
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		return ended(ctx, newError(ErrTimeout, "the context's deadline passed before the call began"))
	default:
		return ended(ctx, newError(ErrCancelled, "the context was cancelled before the call began"))
	}
}
