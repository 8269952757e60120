package aura

// #include "aura_go.h"
import "C"

import (
	"runtime"
	"strings"
	"unsafe"
)

// cText returns text for C. It is in Go's memory, so C may read it only during one call. C would cut
// text at a NUL, so such text is an error.
func cText(name, text string) (*C.char, error) {
	if strings.IndexByte(text, 0) >= 0 {
		return nil, invalidArgument(name + " contains a NUL")
	}
	ended := append(make([]byte, 0, len(text)+1), text...)
	ended = append(ended, 0)
	return (*C.char)(unsafe.Pointer(unsafe.SliceData(ended))), nil
}

// cTexts returns an array of texts for C. It pins the texts, because the array points to them.
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

// takeText converts a text of the library and frees it. It returns "" for NULL.
func takeText(text *C.char) string {
	defer C.aura_string_free(text)
	return C.GoString(text)
}
