//go:build !aura_static

package aura

// #cgo linux LDFLAGS: -ldl
// #include "aura_go.h"
// #include <dlfcn.h>
// #include <stdlib.h>
import "C"

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"unsafe"
)

// load opens the library. It returns its file and handle.
func load() (string, unsafe.Pointer, error) {
	var tried []string
	for _, place := range places() {
		if place.needsFile {
			if _, err := os.Stat(place.file); err != nil {
				tried = append(tried, fmt.Sprintf("%s (%s): no such file", place.file, place.what))
				continue
			}
		}
		handle, problem := open(place.file)
		if handle == nil {
			tried = append(tried, fmt.Sprintf("%s (%s): %s", place.file, place.what, problem))
			continue
		}
		return place.file, handle, nil
	}
	return "", nil, fmt.Errorf("%w: none was found. Tried:\n  %s", ErrLibrary, strings.Join(tried, "\n  "))
}

// A place is a path where the library may be.
type place struct {
	file, what string
	needsFile  bool
}

func places() []place {
	if file := os.Getenv("AURA_USERS_LIBRARY"); file != "" {
		return []place{{file, "the variable AURA_USERS_LIBRARY", true}}
	}
	name := "libaura_users.so"
	if runtime.GOOS == "darwin" {
		name = "libaura_users.dylib"
	}
	below := filepath.Join("native", runtime.GOOS+"-"+runtime.GOARCH, name)
	var found []place
	if program, err := os.Executable(); err == nil {
		found = append(found, place{filepath.Join(filepath.Dir(program), below), "beside the program", true})
	}
	// With -trimpath the path of the source is relative.
	if _, source, _, ok := runtime.Caller(0); ok && filepath.IsAbs(source) {
		found = append(found, place{filepath.Join(filepath.Dir(source), below), "the package's folder", true})
	}
	if soname, ok := sonames[runtime.GOOS]; ok {
		found = append(found, place{soname, "the system's", false})
	}
	return found
}

// open returns a handle, or nil and the problem.
func open(file string) (unsafe.Pointer, string) {
	if strings.ContainsRune(file, 0) {
		return nil, "the name contains a NUL"
	}
	name := C.CString(file)
	defer C.free(unsafe.Pointer(name))
	// dlerror() returns the last error of the thread.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	handle := C.dlopen(name, C.RTLD_NOW|C.RTLD_LOCAL)
	if handle == nil {
		return nil, C.GoString(C.dlerror())
	}
	return handle, ""
}
