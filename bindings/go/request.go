package aura

// #include "aura_go.h"
import "C"

import (
	"context"
	"errors"
	"runtime"
	"unsafe"
)

// A request is one of the four calls that are no stream, with its arguments.
type request struct {
	operation      uint32
	argument, name string // what the server calls the name, and the name
	password       string
	emails         []string
}

// blocking has room for the few requests that wait in the thread which makes them. That takes half
// the processor's time, and a thread for each. All others wait in the queue.
var blocking = make(chan struct{}, 4)

// call makes a request and waits for its result.
func (c *Client) call(ctx context.Context, r request, options []CallOption) (string, error) {
	if err := notBegun(ctx); err != nil {
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
			return "", ended(ctx, err)
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
		text, _, err := finish(ctx, call)
		return text, err
	}
}

// endWith has the end of the context end the call that gets the options. release is for afterwards.
func endWith(ctx context.Context, options *C.aura_options) (release func()) {
	token := C.aura_cancel_token_new()
	C.aura_options_set_cancel_token(options, token, nil) // it refuses NULL alone
	isTold := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(isTold)
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			C.aura_cancel_token_expire(token)
		} else {
			C.aura_cancel_token_cancel(token)
		}
	})
	return func() {
		if !stop() {
			<-isTold
		}
		C.aura_cancel_token_free(token)
	}
}
