package aura

// #include "aura_go.h"
import "C"

import (
	"strings"
	"unsafe"
)

// cText gives text for C, in Go's memory: C may read it during the call that it is an argument of.
// Text with a NUL in it is refused, for C would cut it there.
func cText(name, text string) (*C.char, error) {
	if strings.IndexByte(text, 0) >= 0 {
		return nil, invalidArgument(name + " holds a NUL")
	}
	ended := append(make([]byte, 0, len(text)+1), text...)
	ended = append(ended, 0)
	return (*C.char)(unsafe.Pointer(unsafe.SliceData(ended))), nil
}

// takeText gives the text and frees it.
func takeText(text *C.char) string {
	defer C.aura_string_free(text)
	return C.GoString(text)
}
