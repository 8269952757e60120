package aura

import (
	"runtime"
	"sync"
)

// A handle is a pointer of C that is freed once, by close or by the garbage collector. No call begins with it afterwards.
type handle[P comparable] struct {
	sync.RWMutex
	pointer P
	free    func(P)
}

func newHandle[P comparable](pointer P, free func(P)) *handle[P] {
	made := &handle[P]{pointer: pointer, free: free}
	// To free one may take a moment, and there is one goroutine for all finalizers.
	runtime.SetFinalizer(made, func(h *handle[P]) { go h.close() })
	return made
}

// use calls a function that does not block. It returns false if the handle is closed.
func (h *handle[P]) use(call func(P)) bool {
	h.RLock()
	defer h.RUnlock()
	if h.pointer == *new(P) {
		return false
	}
	call(h.pointer)
	return true
}

func (h *handle[P]) close() {
	h.Lock()
	pointer := h.pointer
	h.pointer = *new(P)
	h.Unlock()
	if pointer != *new(P) {
		runtime.SetFinalizer(h, nil)
		h.free(pointer)
	}
}
