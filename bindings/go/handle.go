package aura

import (
	"runtime"
	"sync"
)

// A handle is a pointer of C. Close or the garbage collector frees it once, after the last function
// that uses it has returned. The nil handle is closed.
type handle[P any] struct {
	sync.Mutex
	pointer  P
	free     func(P)
	users    int
	isClosed bool
	closed   chan struct{} // close closes it
}

func newHandle[P any](pointer P, free func(P)) *handle[P] {
	made := &handle[P]{pointer: pointer, free: free, closed: make(chan struct{})}
	// free may block, and one goroutine runs all finalizers.
	runtime.SetFinalizer(made, func(h *handle[P]) { go h.close() })
	return made
}

// use calls a function with the pointer. It returns false if the handle is closed.
func (h *handle[P]) use(call func(P)) bool {
	if h == nil {
		return false
	}
	h.Lock()
	if h.isClosed {
		h.Unlock()
		return false
	}
	h.users++
	h.Unlock()
	defer func() {
		h.Lock()
		h.users--
		isLast := h.isClosed && h.users == 0
		h.Unlock()
		if isLast {
			h.free(h.pointer)
		}
	}()
	call(h.pointer)
	return true
}

func (h *handle[P]) close() {
	if h == nil {
		return
	}
	h.Lock()
	mustFree := !h.isClosed && h.users == 0
	if !h.isClosed {
		close(h.closed)
	}
	h.isClosed = true
	h.Unlock()
	runtime.SetFinalizer(h, nil)
	if mustFree {
		h.free(h.pointer)
	}
}
