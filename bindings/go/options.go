package aura

// #include "aura_go.h"
import "C"

import (
	"runtime"
	"strconv"
	"time"
)

// A ClientOption is an option of [NewClient].
type ClientOption interface {
	nameAndValue() (name, value string)
}

// A CallOption is an option of one call, and also of a client.
type CallOption interface {
	ClientOption
	isCallOption()
}

type clientOption struct{ name, value string }

func (o clientOption) nameAndValue() (string, string) { return o.name, o.value }

type callOption struct{ name, value string }

func (o callOption) nameAndValue() (string, string) { return o.name, o.value }
func (o callOption) isCallOption()                  {}

// WithOption sets an option by its name and its value as text, for example from a configuration file.
// An unknown name is an error of the call that uses the option. The error suggests a name.
func WithOption(name, value string) CallOption {
	return callOption{name, value}
}

func asText[T ~string](value T) string { return string(value) }

func asBoolean(value bool) string { return strconv.FormatBool(value) }

func asSeconds(value time.Duration) string {
	return strconv.FormatFloat(value.Seconds(), 'f', -1, 64)
}

func asWhole[T int | uint64](value T) string {
	if value < 0 {
		return strconv.FormatInt(int64(value), 10)
	}
	return strconv.FormatUint(uint64(value), 10)
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
