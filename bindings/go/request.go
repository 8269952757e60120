package aura

// #include "aura_go.h"
import "C"

import (
	"context"
	"errors"
	"runtime"
	"unsafe"
)

// A request is a call that returns no stream, with its arguments.
type request struct {
	operation      uint32
	argument, name string // the name of the argument, and its value
	password       string
	emails         []string
}

// blocking limits the requests that block their own thread. Such a request needs a thread, and half
// the CPU time of the others, which wait in the queue.
var blocking = make(chan struct{}, 4)

// call sends a request and waits for its result.
func (c *Client) call(ctx context.Context, r request, options []CallOption) (string, error) {
	if err := contextError(ctx); err != nil {
		return "", err
	}
	name, err := cText(r.argument, r.name)
	if err != nil {
		return "", err
	}
	password, err := cText("password", r.password)
	if err != nil {
		return "", err
	}
	var pinner runtime.Pinner
	defer pinner.Unpin()
	emails, err := cTexts("emails", r.emails, &pinner)
	if err != nil {
		return "", err
	}
	made, err := c.callOptions(options)
	if err != nil {
		return "", err
	}
	defer func() { C.aura_options_free(made) }()
	defer deliverLog()

	select {
	case blocking <- struct{}{}:
		defer func() { <-blocking }()
		if ctx.Done() != nil {
			if made == nil {
				made = C.aura_options_new()
			}
			defer endWith(ctx, made)()
		}
		var text *C.char
		err = c.use(func(client *C.aura_client, failure **C.aura_error) C.aura_status {
			return C.aura_go_request(r.operation, client, name, password, unsafe.SliceData(emails), C.size_t(len(emails)),
				made, &text, nil, failure)
		})
		if err != nil {
			return "", withCause(ctx, err)
		}
		return takeText(text), nil
	default:
		var call *C.aura_call
		err = c.use(func(client *C.aura_client, failure **C.aura_error) C.aura_status {
			return C.aura_go_request(r.operation, client, name, password, unsafe.SliceData(emails), C.size_t(len(emails)),
				made, nil, &call, failure)
		})
		if err != nil {
			return "", err
		}
		text, _, err := finish(ctx, call, nil)
		return text, err
	}
}

// endWith makes the end of the context end the call that uses the options. Call release after the
// call.
func endWith(ctx context.Context, options *C.aura_options) (release func()) {
	token := C.aura_cancel_token_new()
	C.aura_options_set_cancel_token(options, token, nil) // fails only for NULL
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ended)
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			C.aura_cancel_token_expire(token)
		} else {
			C.aura_cancel_token_cancel(token)
		}
	})
	return func() {
		if !stop() {
			<-ended
		}
		C.aura_cancel_token_free(token)
	}
}
