//go:build !cgo

package aura

// The compiler names what the package needs. Install a C compiler, or set CC to one for the target, and
// set CGO_ENABLED=1. It is the only error: files without cgo that need those with cgo have the tag cgo.
var _ = package_aura_needs_cgo_and_a_C_compiler
