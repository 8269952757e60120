package aura

// #include "aura_go.h"
import "C"

import (
	"context"
	"errors"
	"sync"
)

// waiting is where calls under way are waited for: one goroutine, and so one thread, for all of
// them. It runs while there are any.
var waiting struct {
	sync.Mutex
	queue  *C.aura_completions
	last   C.uint64_t
	calls  map[C.uint64_t]chan struct{}
	isBusy bool
}

// watch gives a channel that is closed when the call has ended.
func watch(call *C.aura_call) <-chan struct{} {
	done := make(chan struct{})
	waiting.Lock()
	defer waiting.Unlock()
	if waiting.queue == nil {
		waiting.queue = C.aura_completions_new()
		waiting.calls = map[C.uint64_t]chan struct{}{}
	}
	waiting.last++
	waiting.calls[waiting.last] = done
	// Neither is NULL, which is all that it refuses.
	C.aura_call_complete(call, waiting.queue, waiting.last, nil)
	if !waiting.isBusy {
		waiting.isBusy = true
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
		waiting.isBusy = len(waiting.calls) > 0
		goesOn := waiting.isBusy
		waiting.Unlock()
		if !goesOn {
			return
		}
	}
}

// finish waits for a call that was started, takes its result and frees it. If the context ends, so
// does the call. AURA_END gives isEnd.
func finish(ctx context.Context, call *C.aura_call) (text string, isEnd bool, err error) {
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
	}
	var result *C.char
	var failure *C.aura_error
	switch C.aura_call_wait(call, 0, &result, &failure) {
	case C.AURA_OK:
		return takeText(result), false, nil
	case C.AURA_END:
		return "", true, nil
	default:
		return "", false, ended(ctx, takeError(failure))
	}
}
