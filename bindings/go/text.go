package aura

// #include "aura_go.h"
import "C"

import (
	"runtime"
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

// cTexts gives an array of texts for C. They are pinned, for the array points to them.
func cTexts(name string, texts []string, pinner *runtime.Pinner) ([]*C.char, error) {
	ended := make([]*C.char, len(texts))
	for i, text := range texts {
		var err error
		if ended[i], err = cText(name, text); err != nil {
			return nil, err
		}
		pinner.Pin(ended[i])
	}
	return ended, nil
}

// takeText gives the text and frees it; "" for NULL.
func takeText(text *C.char) string {
	defer C.aura_string_free(text)
	return C.GoString(text)
}
