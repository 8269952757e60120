package aura

// #include "aura_go.h"
import "C"

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Version is the version of this package.
const Version = libraryVersion

// generated: library

const libraryVersion = "0.1.0"
const libraryABI = "0.1"

var sonames = map[string]string{
	"linux":  "libaura_users.so.0.1",
	"darwin": "libaura_users.0.1.dylib",
}

// Made by `make header`.
// end of generated: library

// ErrLibrary is the error if the library is not found, or if its version does not match. Its text names
// every path that was tried.
var ErrLibrary = errors.New("aura: the library aura_users cannot be used")

// Library returns the file of the library and its version. It loads the library if necessary.
//
// It loads the first of these files that exists: the file in the variable AURA_USERS_LIBRARY (if it is
// set, the file must exist); native/OS-ARCH in the folder of the program; native/OS-ARCH in the folder
// of this package's source; the system's library with the right SONAME. OS and ARCH are GOOS and
// GOARCH, for example native/linux-amd64/libaura_users.so.
//
// With the build tag aura_static the library is part of the program, and Library searches nothing.
func Library() (file, version string, err error) {
	found, err := library()
	return found, loadedVersion, err
}

// Only library() sets it.
var loadedVersion string

var library = sync.OnceValues(func() (string, error) {
	file, handle, err := load()
	if err != nil {
		return "", err
	}
	version := C.aura_go_version(handle)
	if version == nil {
		return "", fmt.Errorf("%w: %s has no function aura_version(): it is not the library aura_users", ErrLibrary, file)
	}
	loadedVersion = C.GoString(version)
	if !isCompatible(loadedVersion) {
		return "", fmt.Errorf("%w: %s is version %s; this package needs %s or later of %s",
			ErrLibrary, file, loadedVersion, libraryVersion, libraryABI)
	}
	if missing := C.aura_go_load(handle); missing != nil {
		return "", fmt.Errorf("%w: %s is version %s, but has no function %s()", ErrLibrary, file, loadedVersion, C.GoString(missing))
	}
	return file, nil
})

// parts returns the three numbers of a version such as 0.1.2 or 0.1.2-rc1.
func parts(version string) (numbers [3]int, err error) {
	_, err = fmt.Sscanf(version, "%d.%d.%d", &numbers[0], &numbers[1], &numbers[2])
	return numbers, err
}

// isCompatible reports whether version has our ABI, and is not older than this package.
func isCompatible(version string) bool {
	has, err := parts(version)
	needs, _ := parts(libraryVersion)
	return err == nil && strings.HasPrefix(version, libraryABI+".") && slices.Compare(has[:], needs[:]) >= 0
}
