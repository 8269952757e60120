package aura

// #include "aura_go.h"
import "C"

import (
	"context"
	"errors"
	"sync"
)

// waiting holds the calls that run. One goroutine, and so one thread, waits for all of them. It ends
// with the last call.
var waiting struct {
	sync.Mutex
	queue     *C.aura_completions
	lastToken C.uint64_t
	calls     map[C.uint64_t]chan struct{} // by token
	isRunning bool                         // the goroutine
}

// watch returns a channel that is closed when the call ends.
func watch(call *C.aura_call) <-chan struct{} {
	done := make(chan struct{})
	waiting.Lock()
	defer waiting.Unlock()
	if waiting.queue == nil {
		waiting.queue = C.aura_completions_new()
		waiting.calls = map[C.uint64_t]chan struct{}{}
	}
	waiting.lastToken++
	waiting.calls[waiting.lastToken] = done
	C.aura_call_complete(call, waiting.queue, waiting.lastToken, nil) // fails only for NULL
	if !waiting.isRunning {
		waiting.isRunning = true
		go waitForAll()
	}
	return done
}

func waitForAll() {
	var tokens [64]C.uint64_t
	for {
		count := C.aura_completions_wait(waiting.queue, -1, &tokens[0], C.size_t(len(tokens)))
		waiting.Lock()
		for _, token := range tokens[:max(count, 0)] {
			close(waiting.calls[token])
			delete(waiting.calls, token)
		}
		isRunning := len(waiting.calls) > 0
		waiting.isRunning = isRunning
		waiting.Unlock()
		if !isRunning {
			return
		}
	}
}

// finish waits for a started call, takes its result and frees it. The end of the context and closed
// cancel the call. isEnd is true for AURA_END.
func finish(ctx context.Context, call *C.aura_call, closed <-chan struct{}) (text string, isEnd bool, err error) {
	defer C.aura_call_free(call)
	done := watch(call)
	select {
	case <-done:
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			C.aura_call_expire(call)
		} else {
			C.aura_call_cancel(call)
		}
		<-done
	case <-closed:
		C.aura_call_cancel(call)
		<-done
	}
	var result *C.char
	var failure *C.aura_error
	switch C.aura_call_wait(call, 0, &result, &failure) {
	case C.AURA_OK:
		return takeText(result), false, nil
	case C.AURA_END:
		return "", true, nil
	default:
		return "", false, withCause(ctx, takeError(failure))
	}
}
