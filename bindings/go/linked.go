//go:build aura_static

package aura

// #cgo CFLAGS: -DAURA_STATIC
// #cgo pkg-config: aura_users-static
import "C"

import "unsafe"

// load does nothing: the library is linked in.
func load() (string, unsafe.Pointer, error) {
	return "linked in", nil, nil
}
