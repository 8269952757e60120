package aura

// #include "aura_go.h"
import "C"

import (
	"runtime"
	"strconv"
	"time"
)

// A ClientOption is an option of [NewClient]. If it is printed, it shows its name and hides its value.
type ClientOption interface {
	nameAndValue() (name, value string)
}

// A CallOption is an option of one call, and also of a client. If it is printed, it shows its name and
// hides its value.
type CallOption interface {
	ClientOption
	isCallOption()
}

// The value may be a secret, and a program may print an option as a part of its own data. fmt calls no
// String method of a private field, but it prints only the address of a *string.
type clientOption struct {
	name  string
	value *string
}

func (o clientOption) nameAndValue() (string, string) { return o.name, *o.value }

// String returns the name of the option, and hides its value.
func (o clientOption) String() string { return o.name + "=***" }

// GoString returns the same as String, for the format %#v.
func (o clientOption) GoString() string { return o.String() }

type callOption clientOption

func (o callOption) nameAndValue() (string, string) { return clientOption(o).nameAndValue() }
func (o callOption) String() string                 { return clientOption(o).String() }
func (o callOption) GoString() string               { return clientOption(o).String() }
func (o callOption) isCallOption()                  {}

// WithOption sets an option by its name and its value as text, for example from a configuration file.
// An unknown name is an error of the call that uses the option. The error suggests a name.
func WithOption(name, value string) CallOption {
	return callOption{name, asText(value)}
}

func asText[T ~string](value T) *string {
	text := string(value)
	return &text
}

func asBoolean(value bool) *string { return asText(strconv.FormatBool(value)) }

func asSeconds(value time.Duration) *string {
	return asText(strconv.FormatFloat(value.Seconds(), 'f', -1, 64))
}

func asWhole[T int | uint64](value T) *string {
	if value < 0 {
		return asText(strconv.FormatInt(int64(value), 10))
	}
	return asText(strconv.FormatUint(uint64(value), 10))
}

// callOptions returns the options of a call for C, or nil if there are none. The caller frees them.
func callOptions(options []CallOption) (*C.aura_options, error) {
	for _, option := range options {
		if option == nil {
			continue // newOptions refuses it
		}
		if name, _ := option.nameAndValue(); isOfClient[name] {
			return nil, invalidArgument(name + " is an option of a client, not of a call")
		}
	}
	return newOptions(options)
}

// newOptions returns options for C, or nil if there are none. The caller frees them.
func newOptions[T ClientOption](options []T) (*C.aura_options, error) {
	if len(options) == 0 {
		return nil, nil
	}
	made := C.aura_options_new()
	for _, option := range options {
		if err := setOption(made, option); err != nil {
			C.aura_options_free(made)
			return nil, err
		}
	}
	return made, nil
}

func setOption(options *C.aura_options, option ClientOption) error {
	if option == nil {
		return invalidArgument("an option is nil")
	}
	name, value := option.nameAndValue()
	cName, err := cText("the name of an option", name)
	if err != nil {
		return err
	}
	cValue, err := cText(name, value)
	if err != nil {
		return err
	}
	var failure *C.aura_error
	if C.aura_options_set(options, cName, cValue, &failure) != C.AURA_OK {
		return takeError(failure)
	}
	return nil
}

// clientName returns the default of the option client_name.
func clientName() CallOption {
	return WithClientName("aura-go/" + Version + " " + runtime.Version())
}
