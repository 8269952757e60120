//go:build aura_static

package aura

// #cgo CFLAGS: -DAURA_STATIC
// #cgo pkg-config: aura_users-static
import "C"

// load does nothing: the library is linked in.
func load() (string, error) {
	return "linked in", nil
}
